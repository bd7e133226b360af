import { expect, it } from 'vitest';
import { SILENT_LOG } from '../data-plane.fixture.ts';
import { FAILURE_LOG_INTERVAL_MS } from '../limits.ts';
import { FailureLog } from './failure-log.ts';

it('failures of a kind are told at once, then counted', () => {
  const told: unknown[] = [];
  const said: string[] = [];
  let now = 1000;
  const warn = (fields: unknown, message?: string) => {
    told.push(fields);
    said.push(message ?? '');
  };
  const log = new FailureLog({ ...SILENT_LOG, warn }, () => now);
  log.note('connect_failed', 'a:1');
  log.note('connect_failed', 'b:1');
  log.note('connect_failed', 'b:1', 'ECONNREFUSED');
  for (let count = 0; count < 5; count++) log.note('connect_failed', 'a:1');
  now += FAILURE_LOG_INTERVAL_MS;
  log.note('connect_failed', 'a:1');
  expect(told).toEqual([
    { code: 'connect_failed', at: 'a:1', times: 1 },
    { code: 'connect_failed', at: 'b:1', times: 1 },
    { code: 'connect_failed', at: 'b:1', errno: 'ECONNREFUSED', times: 1 },
    { code: 'connect_failed', at: 'a:1', times: 6 },
  ]);
  expect(said.slice(1, 3)).toEqual([
    'b:1: the server could not be reached',
    'b:1: the server could not be reached (ECONNREFUSED)',
  ]);
});
