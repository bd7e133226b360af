/** A well-behaved client: how long it waits, whatever others do. */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { limits } from './limits.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
/** Ends the answer of the origin. */
const ANSWER_END = 'served\n';

/** What it felt. */
export interface Felt {
  readonly requests: number;
  readonly lost: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** One connection, and when it asked what has no answer yet. */
class Line {
  readonly waited: number[] = [];
  readonly #port: number;
  #socket!: Socket;
  #asked: number[] = [];
  #rest = '';
  lost = 0;

  constructor(port: number) {
    this.#port = port;
    this.#open();
  }

  get pending(): number {
    return this.#asked.length;
  }

  ask(): void {
    this.#asked.push(performance.now());
    this.#socket.write(REQUEST);
  }

  end(): void {
    this.lost += this.#asked.length;
    this.#asked = [];
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #open(): void {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#take(text));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.lost += this.#asked.length;
      this.#asked = [];
      this.#rest = '';
      this.#open();
    });
  }

  #take(text: string): void {
    this.#rest += text;
    for (let at = this.#rest.indexOf(ANSWER_END); at >= 0; at = this.#rest.indexOf(ANSWER_END)) {
      this.#rest = this.#rest.slice(at + ANSWER_END.length);
      const asked = this.#asked.shift();
      if (asked !== undefined) this.waited.push(performance.now() - asked);
    }
  }
}

/**
 * Asks at a fixed rate for so long, whether or not what was asked before has an answer, so that a stall
 * counts for all that fell into it. A request waits from when it was sent: that this process was late
 * with it, beside the attacker on its core, is not the balancer's doing.
 */
export async function bystander(port: number, seconds: number): Promise<Felt> {
  const lines = Array.from({ length: limits.connections }, () => new Line(port));
  const begin = performance.now();
  let asked = 0;
  while (performance.now() - begin < seconds * 1000) {
    const due = ((performance.now() - begin) / 1000) * limits.requestsPerSecond;
    for (; asked < due; asked++) {
      lines[asked % lines.length]!.ask();
    }
    await delay(1);
  }
  const until = performance.now() + limits.answerTimeoutMs;
  while (lines.some(({ pending }) => pending > 0) && performance.now() < until) await delay(5);
  for (const line of lines) line.end();
  const waited = lines.flatMap((line) => line.waited).sort((one, other) => one - other);
  const at = (share: number) => waited[Math.floor(share * (waited.length - 1))] ?? 0;
  const lost = lines.reduce((sum, line) => sum + line.lost, 0);
  return { requests: asked, lost, p50Ms: at(0.5), p99Ms: at(0.99) };
}
