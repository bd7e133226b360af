import { type Logger, pino } from 'pino';
import { LogSink } from './log-sink.ts';
import { prettyLine } from './pretty.ts';

export type { Logger };

/** What a process writes in every line, so that one stream can carry both halves. */
export interface LogIdentity {
  readonly half: 'run' | 'keepalive' | 'proxy';
  readonly node: string | null;
}

/**
 * JSON lines on stdout, or readable lines when stdout is a terminal. Writing never blocks the event
 * loop (a journal that hangs, a terminal that was stopped with Ctrl-S) and never fails (a full disk):
 * what cannot be written is dropped, and how much is logged when lines pass again.
 */
export function createLogger(level: string, identity: LogIdentity): Logger {
  const options = { level, base: identity, timestamp: pino.stdTimeFunctions.isoTime };
  const sink = new LogSink((lines, reason) => {
    const why = reason ?? 'stdout was not read in time';
    logger.warn({ lines }, `${lines} log lines were dropped: ${why}`);
  });
  const terminal = process.stdout.isTTY;
  const colours = terminal && process.stdout.hasColors();
  const write = (line: string) => sink.write(terminal ? prettyLine(line, colours) : line);
  const logger: Logger = pino(options, { write });
  process.on('exit', (status) => sink.end(status));
  return logger;
}
