import { eventReaderBytesMax } from '../limits.ts';
import type { EventLine, EventStream } from './event-stream.ts';

/** Where a reader's lines go to. */
export interface ReaderSocket {
  /** Queues text; never waits. */
  write(text: string): void;
  /** Bytes queued that the other side has not read. */
  queued(): number;
}

/**
 * One reader of the stream. It first gets a snapshot, then every event. What a slow one does not read
 * is queued up to `eventReaderBytesMax`; after that it misses events, and when it has read what was
 * queued it is told how many, and gets a snapshot to go on from. It never holds the agent up.
 */
export class EventReader {
  readonly #stream: EventStream;
  readonly #socket: ReaderSocket;
  readonly #snapshot: () => string;
  readonly #unsubscribe: () => void;
  /** Number of the first event that it missed; null: it has all. */
  #missedFrom: number | null = null;

  /** `snapshot` is the present state as a line. */
  constructor(stream: EventStream, socket: ReaderSocket, snapshot: () => string) {
    this.#stream = stream;
    this.#socket = socket;
    this.#snapshot = snapshot;
    socket.write(snapshot());
    this.#unsubscribe = stream.subscribe((event) => this.#deliver(event));
  }

  /** It is too slow at the moment, and misses events. */
  get behind(): boolean {
    return this.#missedFrom !== null;
  }

  /** It has read everything that was queued. */
  drained(): void {
    if (this.#missedFrom === null) return;
    this.#socket.write(this.#stream.missed(this.#missedFrom, this.#stream.sequence));
    this.#socket.write(this.#snapshot());
    this.#missedFrom = null;
  }

  /** Nothing is written any more. */
  close(): void {
    this.#unsubscribe();
  }

  #deliver({ sequence, line }: EventLine): void {
    if (this.#missedFrom !== null) return;
    if (this.#socket.queued() + line.length > eventReaderBytesMax) this.#missedFrom = sequence;
    else this.#socket.write(line);
  }
}
