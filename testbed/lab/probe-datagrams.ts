/** A prober's datagrams: a few sockets in turn, each a session of its own to a balancer. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { monotonicMs } from './monotonic.ts';
import type { Carrier, Done, ProbeTarget } from './probe-connections.ts';
import { echoProtocol } from './probe-protocol.ts';
import type { Outcome } from './probe-report.ts';

/** The echo over UDP. An attempt is one datagram, which is not sent again. */
export class Datagrams implements Carrier {
  readonly broken = 0;
  readonly #target: ProbeTarget;
  readonly #sockets: readonly Socket[];
  /** By sequence; what is due longer than the timeout is not in here. */
  readonly #waiting = new Map<number, (outcome: Outcome, server?: string) => void>();

  constructor(target: ProbeTarget, count: number) {
    this.#target = target;
    const type = isIPv6(target.address) ? 'udp6' : 'udp4';
    this.#sockets = Array.from({ length: count }, () => {
      const socket = createSocket(type);
      socket.on('message', (message) => this.#read(message.toString('latin1')));
      // Of a datagram before: it is that one which times out.
      socket.on('error', () => {});
      return socket;
    });
  }

  attempt(sequence: number, dueMs: number, done: Done): void {
    const { address, port, timeoutMs } = this.#target;
    const end = (outcome: Outcome, server = '') => {
      if (!this.#waiting.delete(sequence)) return;
      clearTimeout(timer);
      done({ dueMs, endMs: monotonicMs(), outcome, server });
    };
    this.#waiting.set(sequence, end);
    const timer = setTimeout(end, Math.max(0, dueMs + timeoutMs - monotonicMs()), 'timeout');
    const socket = this.#sockets[sequence % this.#sockets.length]!;
    socket.send(echoProtocol.request(sequence, false), port, address, (error) => {
      if (error !== null) end('unreachable');
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  #read(text: string): void {
    const sequence = Number(/ (\d+)\n$/.exec(text)?.[1]);
    const answer = echoProtocol.answer(text, sequence);
    if (answer !== null) this.#waiting.get(sequence)?.(answer.verdict, answer.server);
  }
}
