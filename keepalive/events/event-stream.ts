import type { Clock } from '../ports.ts';
import type { AgentStatus } from '../status.ts';
import type { AgentEvent, EventSink } from './event-types.ts';
import { snapshotOf } from './snapshot.ts';

/** What a stream works with. */
export interface EventStreamOptions {
  /** Names this run of the agent; greater than every run's before it. */
  readonly epoch: number;
  readonly clock: Clock;
  /** Wall time now, ISO 8601. */
  wallTime(): string;
}

/** One event as it goes to the readers. */
export interface EventLine {
  readonly sequence: number;
  readonly event: AgentEvent;
  /** JSON with its newline; written when the first reader asks for it. */
  readonly line: string;
}

/**
 * The events of one run of the agent in the order in which they happened, numbered without gaps from
 * 1. Without a reader an event costs a number and nothing else.
 */
export class EventStream {
  readonly epoch: number;
  readonly #options: EventStreamOptions;
  readonly #listeners = new Set<(event: EventLine) => void>();
  #sequence = 0;

  constructor(options: EventStreamOptions) {
    this.epoch = options.epoch;
    this.#options = options;
  }

  /** Number of the last event; 0: none yet. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Numbers an event and passes it on. */
  readonly emit: EventSink = (event) => {
    this.#sequence += 1;
    if (this.#listeners.size === 0) return;
    const write = () => this.#write(event);
    let written: string | undefined;
    const told: EventLine = {
      sequence: this.#sequence,
      event,
      get line() {
        written ??= write();
        return written;
      },
    };
    for (const listener of this.#listeners) listener(told);
  };

  /** Every event from now on; returns what ends it. */
  subscribe(listener: (event: EventLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The present state as a line; its sequence is that of the last event that is in it. */
  snapshot(status: AgentStatus): string {
    return this.#line('snapshot', snapshotOf(status));
  }

  /** Tells a reader that was too slow how many events it has missed, and which. */
  missed(first: number, last: number): string {
    return this.#line('missed', { count: last - first + 1, first, last });
  }

  /** Tells a reader why it is not served. */
  refused(reason: string): string {
    return this.#line('refused', { reason });
  }

  #write({ type, ...fields }: AgentEvent): string {
    return this.#line(type, fields);
  }

  #line(type: AgentEvent['type'] | 'snapshot' | 'missed' | 'refused', fields: object): string {
    const { clock } = this.#options;
    const head = { epoch: this.epoch, sequence: this.#sequence, type };
    const times = { at: clock.now(), time: this.#options.wallTime() };
    return `${JSON.stringify({ ...head, ...times, ...fields })}\n`;
  }
}
