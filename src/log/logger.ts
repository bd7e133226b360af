import { type Logger, pino } from 'pino';
import { prettyStream } from './pretty.ts';

/** Lines waiting for a slow reader of stdout, bytes; beyond it lines are dropped and counted. */
const LOG_BUFFER_BYTES_MAX = 1024 * 1024;

export type { Logger };

/** What a process writes in every line, so that one stream can carry both halves. */
export interface LogIdentity {
  readonly half: 'run' | 'keepalive' | 'proxy';
  readonly node: string | null;
}

/**
 * JSON lines on stdout, or readable lines when stdout is a terminal. Writing never blocks the
 * event loop: a journal that hangs must not delay an advertisement. What the buffer cannot hold is
 * dropped, and the number of dropped lines is logged when the reader is back.
 */
export function createLogger(level: string, identity: LogIdentity): Logger {
  const options = { level, base: identity, timestamp: pino.stdTimeFunctions.isoTime };
  if (process.stdout.isTTY) return pino(options, prettyStream(process.stdout));
  const stream = pino.destination({ fd: 1, sync: false, maxLength: LOG_BUFFER_BYTES_MAX });
  const logger = pino(options, stream);
  let dropped = 0;
  stream.on('drop', () => {
    dropped++;
  });
  stream.on('drain', () => {
    if (dropped === 0) return;
    const lines = dropped;
    dropped = 0;
    logger.warn({ lines }, `${lines} log lines were dropped: stdout was not read in time`);
  });
  process.on('exit', () => {
    try {
      stream.flushSync();
    } catch {
      // The reader of stdout is gone; there is nobody left to tell.
    }
  });
  return logger;
}
