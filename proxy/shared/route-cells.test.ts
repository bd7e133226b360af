import { expect, it } from 'vitest';
import { ERROR_CODES } from '../errors.ts';
import { REGIONS } from './layout.ts';

it('every error code has a slot', () => {
  expect(ERROR_CODES.length).toBeLessThanOrEqual(REGIONS.routeErrors.slots);
});
