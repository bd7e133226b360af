import { hostname } from 'node:os';
import type { LogDestination } from '../../src/config/access-log-config.ts';
import { LOG_DESTINATIONS_MAX } from '../limits.ts';
import type { Logger, LineSink as StdoutSink } from '../ports.ts';
import { type Slots, SlotTable } from '../shared/slot-table.ts';
import { destinationName, placeOf } from './destinations.ts';
import { FileSink } from './file-sink.ts';
import { LAST_LINES_WAIT_MS } from './limits.ts';
import type { LineSink, SinkStatus } from './line-sink.ts';
import { SinkTally } from './sink-tally.ts';
import { StdoutLines } from './stdout-lines.ts';
import { SyslogSink } from './syslog-sink.ts';

/** A destination of access logs and how it does. */
export interface DestinationStatus extends SinkStatus {
  /** `stdout`, a path, or `syslog` and where. */
  readonly to: string;
}

/** What the collector needs from the world around it. */
export interface CollectorPorts {
  readonly log: Logger;
  readonly stdout?: StdoutSink;
}

/** A place, by its number. */
interface Place {
  readonly destination: LogDestination;
  readonly sink: LineSink;
}

/** The destinations of a config that is not used yet. */
export interface PreparedDestinations {
  /** Their numbers, by `placeOf`. */
  readonly numbers: Slots;
  /** They are those that are written to from now on, beside those of former configs. */
  use(): void;
}

/** The main thread's end of the access logs: writes what the workers send, each place by one writer. */
export class LineCollector {
  readonly #ports: CollectorPorts;
  readonly #table = new SlotTable('access log', LOG_DESTINATIONS_MAX);
  readonly #places = new Map<number, Place>();
  /** Being closed. */
  readonly #closing = new Set<Promise<void>>();
  #numbers: Slots = {};

  constructor(destinations: readonly LogDestination[], ports: CollectorPorts, generation = 1) {
    this.#ports = ports;
    this.prepare(generation, destinations).use();
  }

  /** Numbers of the present destinations, by `placeOf`. */
  get numbers(): Slots {
    return this.#numbers;
  }

  /**
   * Gives the destinations of another config their numbers, until `letGo(generation)`; one that is
   * known keeps its own. Throws RangeError, changing nothing, when there are too many.
   */
  prepare(generation: number, destinations: readonly LogDestination[]): PreparedDestinations {
    const numbers = this.#table.hold(generation, destinations.map(placeOf));
    return {
      numbers,
      use: () => {
        this.#numbers = numbers;
        for (const destination of destinations) {
          const number = numbers[placeOf(destination)]!;
          if (this.#places.has(number)) continue;
          this.#places.set(number, { destination, sink: openSink(destination, this.#ports) });
        }
      },
    };
  }

  /** No line of that generation comes any more: what only it wrote to is closed. */
  letGo(generation: number): void {
    this.#table.letGo(generation);
    this.#table.reclaim((number) => {
      const place = this.#places.get(number);
      this.#places.delete(number);
      if (place !== undefined) this.#close(place.sink);
      return true;
    });
  }

  /** Writes lines of a worker; `done` is called when the worker may send more. */
  write(destination: number, bytes: Uint8Array, lines: number, done: () => void): void {
    const place = this.#places.get(destination);
    if (place === undefined) done();
    else place.sink.write(bytes, lines, done);
  }

  /** Opens every file anew, for they have been moved away. */
  reopen(): void {
    for (const { sink } of this.#places.values()) sink.reopen();
  }

  /** Those of former configs that are still written to included. */
  status(): readonly DestinationStatus[] {
    return [...this.#places.values()].map(({ destination, sink }) => ({
      to: destinationName(destination),
      ...sink.status(),
    }));
  }

  /** Resolves when all is written, or when a place takes too long. */
  async close(): Promise<void> {
    for (const { sink } of this.#places.values()) this.#close(sink);
    const closed = Promise.all(this.#closing);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, LAST_LINES_WAIT_MS);
    });
    await Promise.race([closed, late]);
    clearTimeout(timer);
  }

  #close(sink: LineSink): void {
    const closed = sink.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}

const NO_STDOUT: StdoutSink = {
  writeLines: (_bytes, _lines, done) => done('there is no standard output'),
};

function openSink(destination: LogDestination, { log, stdout }: CollectorPorts): LineSink {
  const now = () => performance.now();
  if (destination.kind === 'stdout') return new StdoutLines(stdout ?? NO_STDOUT);
  if (destination.kind === 'file') return new FileSink(destination.path, log, now);
  const { priority, tag } = destination;
  return new SyslogSink(destination, new SinkTally(destinationName(destination), log, now), {
    identity: { priority, tag, hostname: hostname(), pid: process.pid },
    now,
    time: () => new Date().toISOString(),
  });
}
