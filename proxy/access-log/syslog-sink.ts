import { lookup } from 'node:dns/promises';
import type { LogDestination } from '../../src/config/access-log-config.ts';
import { DatagramSender, type DatagramTarget } from '../../src/os/datagram-sender.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import { destinationName } from './destinations.ts';
import { REOPEN_AFTER_MS, SYSLOG_MESSAGE_BYTES_MAX } from './limits.ts';
import type { LineSink, SinkStatus } from './line-sink.ts';
import type { SinkTally } from './sink-tally.ts';
import { type SyslogIdentity, syslogHeader } from './syslog-message.ts';

const LINE_FEED = 0x0a;

/** What a syslog sink needs to know of the world. */
export interface SyslogWorld {
  readonly identity: SyslogIdentity;
  /** Milliseconds, monotonic. */
  now(): number;
  /** RFC 3339. */
  time(): string;
}

/**
 * A syslog daemon behind a unix datagram socket or UDP: one message for each line. What the kernel
 * does not take at once is dropped.
 */
export class SyslogSink implements LineSink {
  readonly #destination: Extract<LogDestination, { kind: 'syslog' }>;
  readonly #world: SyslogWorld;
  readonly #tally: SinkTally;
  readonly #message = Buffer.allocUnsafeSlow(SYSLOG_MESSAGE_BYTES_MAX);
  #sender: DatagramSender | null = null;
  #opening: Promise<void> | null = null;
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(
    destination: Extract<LogDestination, { kind: 'syslog' }>,
    tally: SinkTally,
    world: SyslogWorld,
  ) {
    this.#destination = destination;
    this.#tally = tally;
    this.#world = world;
  }

  write(bytes: Uint8Array, lines: number, done: () => void): void {
    if (this.#sender === null) {
      this.#opening ??= this.#open();
      void this.#opening.then(() => this.#sendAll(bytes, lines, done));
    } else {
      this.#sendAll(bytes, lines, done);
    }
  }

  /** The daemon's address may be another by now. */
  reopen(): void {
    this.#sender?.close();
    this.#sender = null;
    this.#triedAt = Number.NEGATIVE_INFINITY;
  }

  status(): SinkStatus {
    return this.#tally.status();
  }

  async close(): Promise<void> {
    await this.#opening;
    this.#sender?.close();
    this.#sender = null;
  }

  async #open(): Promise<void> {
    const now = this.#world.now();
    if (now - this.#triedAt >= REOPEN_AFTER_MS) {
      this.#triedAt = now;
      try {
        const target = await this.#target();
        this.#sender = new DatagramSender(target, destinationName(this.#destination));
      } catch (error) {
        this.#tally.refused(0, (error as Error).message);
      }
    }
    this.#opening = null;
  }

  async #target(): Promise<DatagramTarget> {
    const { path, host, port } = this.#destination;
    if (path !== null) return { path };
    const ip = parseIp(host) ?? parseIp((await lookup(host)).address);
    if (ip === null) throw new Error(`${host} has no address`);
    return { ip, port };
  }

  #sendAll(bytes: Uint8Array, lines: number, done: () => void): void {
    if (this.#sender === null) {
      this.#tally.refused(lines, this.#tally.status().error ?? 'the socket is closed');
      done();
      return;
    }
    const header = syslogHeader(this.#world.identity, this.#world.time());
    header.copy(this.#message);
    for (let at = 0; at < bytes.length; ) {
      const lineEnd = bytes.indexOf(LINE_FEED, at);
      this.#send(header.length, bytes.subarray(at, lineEnd));
      at = lineEnd + 1;
    }
    done();
  }

  /** A line that is too long for a message is cut. */
  #send(start: number, line: Uint8Array): void {
    const length = Math.min(line.length, this.#message.length - start);
    this.#message.set(line.subarray(0, length), start);
    const error = this.#sender!.send(this.#message.subarray(0, start + length));
    if (error === null) this.#tally.took(1);
    else this.#tally.refused(1, error.message);
  }
}
