import type { Connection, IoEngine } from './engine.ts';
import { NetEngine } from './net/net-engine.ts';
import { UringEngine } from './uring/uring-engine.ts';

/**
 * The engine that tests of what is above it run on: TANDEM_TEST_IO says which, so that the same tests
 * run on both (the projects of scripts/vitest.config.ts).
 */
export const TEST_IO = process.env.TANDEM_TEST_IO === 'uring' ? 'uring' : 'net';

/** That engine; io_uring's checks its buffers. */
export function testEngine(): IoEngine {
  return TEST_IO === 'uring' ? new UringEngine({ checked: true }) : new NetEngine();
}

/** The same, and the connections it accepts. */
export function observedEngine(): { readonly engine: IoEngine; readonly accepted: Connection[] } {
  const engine = testEngine();
  const accepted: Connection[] = [];
  const listen = engine.listen.bind(engine);
  engine.listen = (fd, handler) =>
    listen(fd, {
      onConnection(connection) {
        accepted.push(connection);
        handler.onConnection(connection);
      },
      onError: (code) => handler.onError(code),
    });
  return { engine, accepted };
}
