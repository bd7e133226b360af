import type { Socket } from 'node:net';
import type { CheckTls } from '../../src/config/health-config.ts';
import type { ProxyVersion, ServerConfig } from '../../src/config/proxy-config.ts';
import { shortage } from '../io/shortage.ts';
import { serverAddress } from '../upstream/identity.ts';
import { openCheckSocket } from './check-socket.ts';
import { CHECK_BODY_BYTES_MAX, TIMER_LATENESS_MAX_MS } from './limits.ts';

/** A server, and the PROXY header that it expects of everybody, if it does. */
export type CheckTarget = Pick<ServerConfig, 'host' | 'port' | 'name'> & {
  readonly sendProxy?: ProxyVersion | null;
};

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
  CERT_HAS_EXPIRED: 'certificate expired',
  CERT_NOT_YET_VALID: 'certificate not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate of an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate of an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate of an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate of an unknown authority',
  ERR_SSL_WRONG_VERSION_NUMBER: 'no TLS spoken',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'no TLS spoken',
};

/** How to connect, and how long the whole check may take. */
export interface ProbeOptions {
  readonly timeoutMs: number;
  readonly tls: CheckTls | null;
}

/**
 * Connects to the server, lets `converse` talk, and returns what was found. `timeoutMs` covers
 * everything, name lookup, connecting and handshake included. What arrives after the verdict is read and thrown
 * away, within bounds, so that the origin is not sent a reset. The source address is the kernel's
 * choice, as for proxied traffic. Never rejects.
 */
export function probe(
  target: CheckTarget,
  { timeoutMs, tls }: ProbeOptions,
  signal: AbortSignal,
  converse: (socket: Socket, finish: Finish) => void,
): Promise<CheckOutcome> {
  const address = serverAddress(target);
  return new Promise((resolve) => {
    const opened = openCheckSocket(target, tls);
    if (typeof opened === 'string') {
      resolve({ kind: 'inconclusive', error: opened });
      return;
    }
    const { socket, readyEvent } = opened;
    let ready = false;
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
        const stage = socket.connecting ? 'connect' : ready ? 'response' : 'TLS handshake';
        finish(timeoutOutcome(`${stage} timeout ${address}`, timeoutMs, latenessMs));
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
    socket.on(readyEvent, () => {
      ready = true;
      converse(socket, finish);
    });
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

function timeoutOutcome(what: string, timeoutMs: number, latenessMs: number): CheckOutcome {
  if (latenessMs > TIMER_LATENESS_MAX_MS) {
    return { kind: 'inconclusive', error: `we stalled for ${Math.round(latenessMs)} ms` };
  }
  return { kind: 'failed', error: `${what} after ${timeoutMs} ms` };
}

function errorOutcome(error: NodeJS.ErrnoException, address: string): CheckOutcome {
  const code = error.code ?? error.message;
  const local = shortage(code);
  if (local !== undefined) return { kind: 'inconclusive', error: local };
  return { kind: 'failed', error: `${REMOTE_ERRORS[code] ?? code} ${address}` };
}
