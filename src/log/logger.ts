import { type Logger, pino } from 'pino';
import { LogSink, NOT_READ } from './log-sink.ts';
import { prettyLine } from './pretty.ts';

export type { Logger };

/** What a process writes in every line, so that one stream can carry both halves. */
export interface LogIdentity {
  readonly half: 'run' | 'keepalive' | 'proxy';
  readonly node: string | null;
}

let standardOutput: LogSink | null = null;

/** What loggers were derived from another; a derived one keeps the level of its birth otherwise. */
const derived = new WeakMap<Logger, WeakRef<Logger>[]>();

/** Which messages this logger writes from now on, and all that were derived from it. */
export function setLogLevel(logger: Logger, level: string): void {
  logger.level = level;
  for (const one of derived.get(logger) ?? []) {
    const child = one.deref();
    if (child !== undefined) child.level = level;
  }
}

/**
 * Where access logs go that go to stdout: the writer of the log, so that their lines never mix.
 * Throws RangeError before there is a log.
 */
export function logLines(): Pick<LogSink, 'writeLines'> {
  if (standardOutput === null) throw new RangeError('there is no log yet');
  return standardOutput;
}

/**
 * JSON lines on stdout, or readable lines when stdout is a terminal. Writing never blocks the event
 * loop (a journal that hangs, a terminal that was stopped with Ctrl-S) and never fails (a full disk):
 * what cannot be written is dropped, and how much is logged when lines pass again.
 */
export function createLogger(level: string, identity: LogIdentity): Logger {
  const options = { level, base: identity, timestamp: pino.stdTimeFunctions.isoTime };
  const sink = new LogSink((lines, reason) => {
    const why = reason ?? NOT_READ;
    logger.warn({ lines }, `${lines} log lines were dropped: ${why}`);
  });
  standardOutput = sink;
  const terminal = process.stdout.isTTY;
  const colours = terminal && process.stdout.hasColors();
  const write = (line: string) => sink.write(terminal ? prettyLine(line, colours) : line);
  const children: WeakRef<Logger>[] = [];
  const onChild = (child: Logger) => void children.push(new WeakRef(child));
  const logger: Logger = pino({ ...options, onChild }, { write });
  derived.set(logger, children);
  process.on('exit', (status) => sink.end(status));
  return logger;
}
