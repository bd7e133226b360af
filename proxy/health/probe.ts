import { connect, type Socket } from 'node:net';
import type { ServerConfig } from '../../src/config/proxy-config.ts';
import { shortage } from '../io/shortage.ts';
import { serverAddress } from '../upstream/identity.ts';
import { CHECK_BODY_BYTES_MAX, TIMER_LATENESS_MAX_MS } from './limits.ts';

export type CheckTarget = Pick<ServerConfig, 'host' | 'port'>;

/**
 * What one check found. `inconclusive`: the fault is ours (no descriptor left, our own thread
 * stalled, the check was called off), so it must not count against the server.
 */
export type CheckOutcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed' | 'inconclusive'; readonly error: string };

/** Ends the check. */
export type Finish = (outcome: CheckOutcome) => void;

export const PASSED: CheckOutcome = { kind: 'passed' };

const REMOTE_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'connect timeout',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name server gave no answer',
};

/**
 * Connects to the server, lets `converse` talk, and returns what was found. `timeoutMs` covers
 * everything, name lookup and connecting included. What arrives after the verdict is read and thrown
 * away, within bounds, so that the origin is not sent a reset. The source address is the kernel's
 * choice, as for proxied traffic. Never rejects.
 */
export function probe(
  target: CheckTarget,
  timeoutMs: number,
  signal: AbortSignal,
  converse: (socket: Socket, finish: Finish) => void,
): Promise<CheckOutcome> {
  const address = serverAddress(target);
  return new Promise((resolve) => {
    const socket = connect({ host: target.host, port: target.port });
    let settled = false;
    const finish: Finish = (outcome) => {
      if (settled) return;
      settled = true;
      resolve(outcome);
      if (outcome.kind === 'passed' && socket.readable) discardRest(socket);
      else socket.destroy();
    };
    const abort = () => {
      finish({ kind: 'inconclusive', error: 'called off' });
      socket.destroy();
    };
    const dueAt = performance.now() + timeoutMs;
    const timer = setTimeout(() => {
      const latenessMs = performance.now() - dueAt;
      // Timers run before sockets are polled: after a stall the answer may be there already.
      setImmediate(() => {
        finish(timeoutOutcome(socket, address, timeoutMs, latenessMs));
        socket.destroy();
      });
    }, timeoutMs);
    socket.on('error', (error: NodeJS.ErrnoException) => finish(errorOutcome(error, address)));
    socket.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      finish({ kind: 'failed', error: `connection closed ${address}` });
    });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
    socket.on('connect', () => converse(socket, finish));
  });
}

function discardRest(socket: Socket): void {
  let bytes = 0;
  socket.removeAllListeners('data');
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    if (bytes > CHECK_BODY_BYTES_MAX) socket.destroy();
  });
}

function timeoutOutcome(
  socket: Socket,
  address: string,
  timeoutMs: number,
  latenessMs: number,
): CheckOutcome {
  if (latenessMs > TIMER_LATENESS_MAX_MS) {
    return { kind: 'inconclusive', error: `we stalled for ${Math.round(latenessMs)} ms` };
  }
  const what = socket.connecting ? 'connect timeout' : 'response timeout';
  return { kind: 'failed', error: `${what} ${address} after ${timeoutMs} ms` };
}

function errorOutcome(error: NodeJS.ErrnoException, address: string): CheckOutcome {
  const code = error.code ?? error.message;
  const local = shortage(code);
  if (local !== undefined) return { kind: 'inconclusive', error: local };
  return { kind: 'failed', error: `${REMOTE_ERRORS[code] ?? code} ${address}` };
}
