import { type CheckOutcome, type CheckTarget, PASSED, probe } from './probe.ts';

/** Passes when a connection is established within `timeoutMs`; sends nothing. Never rejects. */
export function tcpCheck(
  target: CheckTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  return probe(target, timeoutMs, signal, (socket, finish) => {
    socket.end();
    finish(PASSED);
  });
}
