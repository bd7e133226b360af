import { hostname } from 'node:os';
import type { LogDestination } from '../../src/config/access-log-config.ts';
import type { Logger, LineSink as StdoutSink } from '../ports.ts';
import { destinationName } from './destinations.ts';
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

/** The main thread's end of the access logs: writes what the workers send, each place by one writer. */
export class LineCollector {
  readonly #destinations: readonly LogDestination[];
  readonly #sinks: readonly LineSink[];

  constructor(destinations: readonly LogDestination[], ports: CollectorPorts) {
    this.#destinations = destinations;
    this.#sinks = destinations.map((destination) => openSink(destination, ports));
  }

  /** Writes lines of a worker; `done` is called when the worker may send more. */
  write(destination: number, bytes: Uint8Array, lines: number, done: () => void): void {
    this.#sinks[destination]!.write(bytes, lines, done);
  }

  /** Opens every file anew, for they have been moved away. */
  reopen(): void {
    for (const sink of this.#sinks) sink.reopen();
  }

  status(): readonly DestinationStatus[] {
    return this.#sinks.map((sink, index) => ({
      to: destinationName(this.#destinations[index]!),
      ...sink.status(),
    }));
  }

  /** Resolves when all is written, or when a place takes too long. */
  async close(): Promise<void> {
    const closed = Promise.all(this.#sinks.map((sink) => sink.close()));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, LAST_LINES_WAIT_MS);
    });
    await Promise.race([closed, late]);
    clearTimeout(timer);
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
