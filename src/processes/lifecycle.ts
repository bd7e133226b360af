import type { Logger } from '../log/logger.ts';
import { sdNotify } from '../os/sd-notify.ts';
import { startWatchdog } from '../runtime/watchdog.ts';
import { READY_MESSAGE } from '../supervision/child.ts';

/** A crash, or a second signal, leaves at most this long for the orderly part of dying, ms. */
const CRASH_STOP_MS = 500;

/** The reason for a stop that must not take long. */
export const CRASH = 'crash';

/** What a process of Tandem does when it is told to end. */
export interface Stoppable {
  stop(reason: string): Promise<void>;
  /** A second signal: `stop` is to wait for nothing more. Absent: there is nothing to do but to end. */
  hurry?(): void;
  /** SIGHUP: follow the config file as it is now. */
  reload(): void;
  /** SIGUSR1: open log files anew. Absent: there are none. */
  reopenLogs?(): void;
}

/**
 * Signals, the supervisor's end and uncaught errors, for one half's process. `stop` runs once; a
 * second signal ends the process at once, but for what others have to be told. SIGHUP is no
 * reason to die: the config is read anew.
 */
export function superviseProcess(half: Stoppable, log: Logger): void {
  let stopping = false;
  let hurried = false;
  const hurry = (reason: string) => {
    if (half.hurry === undefined) process.exit(1);
    // Ctrl-C comes from the terminal and from `tandem run`.
    if (hurried) return;
    hurried = true;
    log.warn({ reason }, `stopping at once: ${reason} again`);
    setTimeout(() => process.exit(1), CRASH_STOP_MS);
    half.hurry();
  };
  const stop = (reason: string) => {
    if (stopping) return hurry(reason);
    stopping = true;
    log.info({ reason }, `stopping: ${reason}`);
    half.stop(reason).then(
      () => process.exit(hurried ? 1 : 0),
      (error: Error) => {
        log.error({ error: error.message }, 'the stop itself failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGHUP', () => {
    if (!stopping) half.reload();
  });
  // Taken in any case: left to itself, Node opens its debugger to everybody on the host.
  process.on('SIGUSR1', () => {
    if (half.reopenLogs === undefined) log.info({}, 'SIGUSR1: there are no log files to reopen');
    else half.reopenLogs();
  });
  process.on('disconnect', () => stop('the supervisor is gone'));
  process.on('uncaughtException', (error) => crash(error));
  process.on('unhandledRejection', (error) => crash(error as Error));

  function crash(error: Error): void {
    log.fatal({ stack: error?.stack ?? String(error) }, `a defect in Tandem: ${error?.message}`);
    setTimeout(() => process.exit(1), CRASH_STOP_MS);
    if (!stopping) half.stop(CRASH).finally(() => process.exit(1));
    stopping = true;
  }
}

/** Tells `tandem run` how long an orderly stop of this half may take from now on, ms; systemd has its own bound. */
export function reportStopBound(stopMs: number): void {
  process.send?.({ stopMs });
}

/** Tells `tandem run`, or systemd, that this half serves, and systemd that it lives from now on. */
export function reportReady(): void {
  sdNotify('READY=1');
  startWatchdog();
  process.send?.(READY_MESSAGE);
}
