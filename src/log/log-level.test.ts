import { expect, test } from 'vitest';
import { createLogger, setLogLevel } from './logger.ts';

test('another level counts for what was derived before, too', () => {
  const log = createLogger('info', { half: 'proxy', node: null });
  const child = log.child({ worker: 1 });
  setLogLevel(log, 'debug');
  expect([log.level, child.level, log.child({}).level]).toEqual(['debug', 'debug', 'debug']);
});
