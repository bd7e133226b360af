/** A large transfer at a steady pace, so that it lasts through whatever happens to the address. */
import type { Socket } from 'node:net';
import { crc32 } from 'node:zlib';
import { monotonicMs } from '../../lab/monotonic.ts';
import { authority, dial, type Load, reasonOf } from './client.ts';
import { contentAt, contentChecksum, pieceBytes } from './content.ts';
import { discard } from './http1-client.ts';
import type { Ledger } from './ledger.ts';
import { limits } from './limits.ts';

export interface BulkOptions {
  readonly address: string;
  readonly ledger: Ledger;
  readonly bytes: number;
  /** Bytes a second. */
  readonly pace: number;
}

/** What the origin says of an upload. Times are CLOCK_MONOTONIC, ms. */
export interface UploadAnswer {
  readonly bytes: number;
  readonly checksum: number;
  /** When a piece came and how long before it the one before had come, where that was long. */
  readonly gaps: readonly (readonly [atMs: number, lengthMs: number])[];
}

/** Answer head and body, as they come. */
type OnBody = (chunk: Buffer) => void;

/** Transfers in one direction, one after the other: one is under way at any time until the end. */
export class BulkTransfers implements Load {
  readonly #direction: 'download' | 'upload';
  readonly #options: BulkOptions;
  readonly #checksum: number;
  readonly #begun = Promise.withResolvers<void>();
  #done: Promise<void> = Promise.resolve();
  #socket: Socket | null = null;
  #finishing = false;

  constructor(direction: 'download' | 'upload', options: BulkOptions) {
    this.#direction = direction;
    this.#options = options;
    this.#checksum = contentChecksum(options.bytes);
  }

  start(): Promise<void> {
    this.#done = this.#run();
    return this.#begun.promise;
  }

  /** Begins no more, and waits for the one under way; its pace says how long. */
  async finish(): Promise<void> {
    this.#finishing = true;
    const timer = setTimeout(
      () => this.#socket?.destroy(new Error('not done in time')),
      limits.bulkGraceMs,
    );
    await this.#done;
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    const { ledger, bytes } = this.#options;
    while (!this.#finishing) {
      const startedMs = monotonicMs();
      try {
        const arrived = this.#direction === 'download' ? await this.#fetch() : await this.#send();
        const endedAtMs = monotonicMs();
        const seconds = (endedAtMs - startedMs) / 1000;
        ledger.transfer({ bytes, seconds, endedAtMs, sent: this.#checksum, arrived });
        if (arrived !== this.#checksum) ledger.incident('wrong', endedAtMs, 'checksum differs');
      } catch (error) {
        const what = reasonOf(error as NodeJS.ErrnoException);
        ledger.incident('broken', monotonicMs(), what);
        ledger.incident('failed', monotonicMs(), what);
        // What cannot be connected is not tried again at once.
        await new Promise((resolve) => setTimeout(resolve, limits.redialMs));
      }
      this.#begun.resolve();
    }
  }

  /** Resolves to the checksum of what came. */
  async #fetch(): Promise<number> {
    const { bytes, pace, ledger } = this.#options;
    let sum = 0;
    let lastMs: number | null = null;
    const request = `GET /bulk/${bytes}/${pace} HTTP/1.1\r\n`;
    const received = await this.#exchange(request, bytes, (chunk) => {
      const now = monotonicMs();
      if (lastMs !== null) ledger.exchange(lastMs, now);
      lastMs = now;
      sum = crc32(chunk, sum);
      this.#begun.resolve();
    });
    if (received !== bytes) throw new Error(`${received} bytes of ${bytes}`);
    return sum;
  }

  /** Resolves to the checksum that the origin had. */
  async #send(): Promise<number> {
    const { bytes, ledger } = this.#options;
    const answer: Buffer[] = [];
    const request =
      `PUT /bulk HTTP/1.1\r\nContent-Length: ${bytes}\r\n` +
      'Content-Type: application/octet-stream\r\n';
    await this.#exchange(
      request,
      null,
      (chunk) => answer.push(chunk),
      (socket) => this.#pour(socket),
    );
    const told = JSON.parse(Buffer.concat(answer).toString()) as UploadAnswer;
    if (told.bytes !== bytes) throw new Error(`${told.bytes} bytes of ${bytes} arrived`);
    for (const [atMs, lengthMs] of told.gaps) ledger.exchange(atMs - lengthMs, atMs);
    return told.checksum;
  }

  /** Writes the content at its pace. */
  #pour(socket: Socket): void {
    const { bytes, pace } = this.#options;
    const startedMs = monotonicMs();
    let sent = 0;
    const timer = setInterval(() => {
      const due = Math.min(bytes, ((monotonicMs() - startedMs) * pace) / 1000);
      while (sent < due && !socket.writableNeedDrain && !socket.destroyed) {
        const piece = contentAt(sent, Math.min(pieceBytes(pace), bytes - sent));
        socket.write(piece);
        sent += piece.length;
      }
      this.#begun.resolve();
      if (sent >= bytes || socket.destroyed) clearInterval(timer);
    }, limits.bulkEveryMs);
  }

  /** One request on a connection of its own; resolves to the number of body bytes that came. */
  #exchange(
    request: string,
    expected: number | null,
    onBody: OnBody,
    pour?: (socket: Socket) => void,
  ): Promise<number> {
    const { address, ledger } = this.#options;
    const socket = dial(address, 'http');
    this.#socket = socket;
    return new Promise<number>((resolve, reject) => {
      let head: Buffer | null = Buffer.alloc(0);
      let length = expected ?? 0;
      let received = 0;
      socket.on('connect', () => {
        ledger.opened();
        socket.write(`${request}Host: ${authority(address)}\r\n\r\n`);
        pour?.(socket);
      });
      socket.on('data', (chunk: Buffer) => {
        let body = chunk;
        if (head !== null) {
          head = Buffer.concat([head, chunk]);
          const end = head.indexOf('\r\n\r\n');
          if (end < 0) return;
          const text = head.toString('latin1', 0, end);
          const told = /^content-length:\s*(\d+)\s*$/im.exec(text)?.[1];
          if (!/^HTTP\/1\.1 200 /.test(text) || told === undefined) {
            return reject(new Error(text.split('\r\n')[0]));
          }
          length = Number(told);
          body = head.subarray(end + 4);
          head = null;
        }
        received += body.length;
        if (body.length > 0) onBody(body);
        if (received >= length) resolve(received);
      });
      // A host that is gone without a word: a person would see a bar that stands still.
      socket.setTimeout(limits.exchangeTimeoutMs, () =>
        reject(new Error(`stood still for ${limits.exchangeTimeoutMs} ms after ${received} bytes`)),
      );
      socket.on('end', () => reject(new Error(`closed after ${received} bytes`)));
      socket.on('error', reject);
    }).finally(() => discard(socket));
  }
}
