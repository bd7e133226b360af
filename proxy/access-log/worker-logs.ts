import type { AccessLogConfig } from '../../src/config/access-log-config.ts';
import type { DeadlineQueue } from '../io/deadline-queue.ts';
import { ListenerCounter } from '../shared/layout.ts';
import type { Slots } from '../shared/slot-table.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import { placeOf } from './destinations.ts';
import { LAST_LINES_WAIT_MS } from './limits.ts';
import { type LineMail, type LineOutlet, Outbox } from './outbox.ts';

/** A worker's end of the access logs: one outbox for each destination. */
export class WorkerLogs {
  /** Which worker this is. */
  readonly worker: number;
  readonly #mail: LineMail;
  readonly #deadlines: DeadlineQueue;
  readonly #outboxes = new Map<number, Outbox>();
  #numbers: Slots = {};

  constructor(worker: number, mail: LineMail, deadlines: DeadlineQueue) {
    this.worker = worker;
    this.#mail = mail;
    this.#deadlines = deadlines;
  }

  /** These places have these numbers, by `placeOf`. Before any outlet is asked for. */
  learn(numbers: Slots): void {
    this.#numbers = { ...this.#numbers, ...numbers };
  }

  /** The way in for a listener; `counters` count its lines. Throws RangeError for an unknown place. */
  outlet(config: AccessLogConfig, counters: ListenerCells): LineOutlet {
    const place = placeOf(config.destination);
    const number = this.#numbers[place];
    if (number === undefined) throw new RangeError(`no destination ${place}`);
    const known = this.#outboxes.get(number);
    known?.share(config);
    const outbox = known ?? new Outbox(number, this.#mail, this.#deadlines, config);
    this.#outboxes.set(number, outbox);
    return outbox.outlet({
      written: (lines) => counters.count(ListenerCounter.logLines, lines),
      dropped: (lines) => counters.count(ListenerCounter.logDropped, lines),
    });
  }

  /** The main thread has dealt with what was sent for that destination. */
  taken(destination: number): void {
    this.#outboxes.get(destination)?.taken();
  }

  /** No line goes anywhere but to these any more; resolves when the last ones of the others were taken. */
  async keepOnly(numbers: ReadonlySet<number>): Promise<void> {
    const others = [...this.#outboxes].filter(([number]) => !numbers.has(number));
    this.#numbers = Object.fromEntries(
      Object.entries(this.#numbers).filter(([, number]) => numbers.has(number)),
    );
    await emptied(others.map(([, outbox]) => outbox));
    // A config that was prepared meanwhile may write there again.
    const known = new Set(Object.values(this.#numbers));
    for (const [number] of others) if (!known.has(number)) this.#outboxes.delete(number);
  }

  /** Sends what is left; resolves when it was taken, or when a destination takes too long. */
  close(): Promise<void> {
    return emptied([...this.#outboxes.values()]);
  }
}

async function emptied(outboxes: readonly Outbox[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, LAST_LINES_WAIT_MS);
  });
  await Promise.race([Promise.all(outboxes.map((outbox) => outbox.empty())), late]);
  clearTimeout(timer);
}
