/** What the agent does so that it runs on time on a busy host, and what came of it. */
import type { TimingReport } from '../control/agent-report.ts';
import type { Logger } from '../log/logger.ts';
import { lockProgramText, type MemoryLock } from '../os/memory-lock.ts';
import { requestRealTime, type SchedulingResult } from '../os/scheduler.ts';
import { GC_FLAG } from './node-flags.ts';

/** A thread that was made meanwhile has normal priority for at most so long, ms. */
const NEW_THREADS_EVERY_MS = 5_000;
const MIB = 1024 * 1024;

/** Real-time priority and locked memory, as far as the kernel allows them. */
export class RealTime {
  readonly #log: Logger;
  readonly #memory: MemoryLock;
  readonly #timer: NodeJS.Timeout;
  #scheduling: SchedulingResult;

  /** Asks for everything, and logs what there is and what is missing. */
  constructor(log: Logger) {
    this.#log = log;
    this.#memory = lockProgramText();
    this.#scheduling = requestRealTime();
    this.#sayScheduling();
    this.#sayMemory();
    if (!process.execArgv.includes(GC_FLAG)) {
      log.warn({}, `started without ${GC_FLAG}: collecting garbage may delay adverts`);
    }
    // What a real-time thread starts is normal (children must be), and so are threads of our own.
    this.#timer = setInterval(() => this.#again(), NEW_THREADS_EVERY_MS);
    this.#timer.unref();
  }

  /** Its part of the agent's status. */
  report(): TimingReport {
    const { bytes, ofBytes, error } = this.#memory;
    const scheduling = this.#scheduling;
    return {
      realTime: scheduling.ok,
      realTimeRefusal: scheduling.ok ? null : scheduling.error.message,
      lockedBytes: bytes,
      lockableBytes: ofBytes,
      lockRefusal: error?.message ?? null,
    };
  }

  /** Leaves the threads as they are. */
  close(): void {
    clearInterval(this.#timer);
  }

  #again(): void {
    if (!this.#scheduling.ok) return;
    this.#scheduling = requestRealTime();
    if (!this.#scheduling.ok) this.#sayScheduling();
  }

  #sayScheduling(): void {
    const scheduling = this.#scheduling;
    if (scheduling.ok) {
      this.#log.info({ threads: scheduling.threads }, 'running with real-time priority');
      return;
    }
    this.#log.warn(
      { code: scheduling.code },
      'no real-time priority (CAP_SYS_NICE missing or refused by the kernel): ' +
        'advert intervals below 100 ms may be missed on a busy host',
    );
  }

  #sayMemory(): void {
    const { bytes, ofBytes, error } = this.#memory;
    const share = `${Math.round(bytes / MIB)} of ${Math.round(ofBytes / MIB)} MiB`;
    if (error === null) {
      this.#log.info(
        { bytes, ofBytes },
        `locked in memory: ${share} of program text, as it is used`,
      );
      return;
    }
    this.#log.info(
      { bytes, ofBytes, code: error.code },
      `locked in memory: ${share} of program text (${error.message}): with a greater LimitMEMLOCK ` +
        '(ulimit -l) an agent whose code was dropped from memory would not wake late',
    );
  }
}
