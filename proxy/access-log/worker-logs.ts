import type { AccessLogConfig, LogDestination } from '../../src/config/access-log-config.ts';
import type { ProxyConfig } from '../../src/config/proxy-config.ts';
import type { DeadlineQueue } from '../io/deadline-queue.ts';
import { ListenerCounter } from '../shared/layout.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import { destinationIndex, destinationsOf } from './destinations.ts';
import { LAST_LINES_WAIT_MS } from './limits.ts';
import { type LineMail, type LineOutlet, Outbox } from './outbox.ts';

/** A worker's end of the access logs: one outbox for each destination. */
export class WorkerLogs {
  /** Which worker this is. */
  readonly worker: number;
  readonly #destinations: readonly LogDestination[];
  readonly #mail: LineMail;
  readonly #deadlines: DeadlineQueue;
  readonly #outboxes: (Outbox | undefined)[] = [];

  constructor(config: ProxyConfig, worker: number, mail: LineMail, deadlines: DeadlineQueue) {
    this.worker = worker;
    this.#destinations = destinationsOf(config);
    this.#mail = mail;
    this.#deadlines = deadlines;
  }

  /** The way in for a listener; `counters` count its lines. */
  outlet(config: AccessLogConfig, counters: ListenerCells): LineOutlet {
    const index = destinationIndex(this.#destinations, config.destination);
    const known = this.#outboxes[index];
    known?.share(config);
    const outbox = known ?? new Outbox(index, this.#mail, this.#deadlines, config);
    this.#outboxes[index] = outbox;
    return outbox.outlet({
      written: (lines) => counters.count(ListenerCounter.logLines, lines),
      dropped: (lines) => counters.count(ListenerCounter.logDropped, lines),
    });
  }

  /** The main thread has dealt with what was sent for that destination. */
  taken(destination: number): void {
    this.#outboxes[destination]?.taken();
  }

  /** Sends what is left; resolves when it was taken, or when a destination takes too long. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, LAST_LINES_WAIT_MS);
    });
    await Promise.race([Promise.all(this.#outboxes.map((outbox) => outbox?.empty())), late]);
    clearTimeout(timer);
  }
}
