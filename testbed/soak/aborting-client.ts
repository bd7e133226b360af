import net from 'node:net';
import type { Prng } from '../../keepalive/simulator/prng.ts';
import { limits } from './limits.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const REQUESTS = [
  GET,
  GET,
  GET.repeat(5),
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(1000)}`,
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello',
  'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello',
  'GET / HTTP/1.0\r\n\r\n',
  'GET / HTTP/1.1\r\nHost : a\r\n\r\n',
] as const;

/** What a client does when. */
interface Life {
  readonly sent: string;
  /** Breaks off by a reset, ends its side, or stays. */
  readonly then: 'reset' | 'end' | 'stay';
  /** Does so once it has so many bytes of the answer; 0: at once. */
  readonly after: number;
}

function drawn(prng: Prng): Life {
  const request = prng.pick(REQUESTS);
  const sent = prng.chance(0.4) ? request.slice(0, prng.integer(0, request.length)) : request;
  const then = prng.pick(['reset', 'reset', 'end', 'stay'] as const);
  return { sent, then, after: prng.chance(0.5) ? 0 : prng.integer(1, 400) };
}

/** One client: connects, sends some of a request, and breaks off somewhere. Resolves when it is gone. */
export function abortingClient(port: number, prng: Prng): Promise<void> {
  const { sent, then, after } = drawn(prng);
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    const depart = () => {
      if (then === 'reset') socket.resetAndDestroy();
      else if (then === 'end') socket.end();
    };
    let received = 0;
    socket.on('connect', () => socket.write(sent, 'latin1', () => after === 0 && depart()));
    socket.on('data', (bytes) => {
      const before = received;
      received += bytes.length;
      if (before < after && received >= after) depart();
    });
    socket.on('error', () => {});
    const timer = setTimeout(() => socket.resetAndDestroy(), limits.clientTimeoutMs);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
