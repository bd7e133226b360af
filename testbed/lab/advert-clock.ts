/**
 * Hears the adverts of a pair, so that a fault can be timed by them: how long silence lasts before a
 * takeover depends on how old the last advert was, and two pairs are only compared when that is equal.
 */
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Host, LabProcess } from './host.ts';
import { limits } from './limits.ts';
import { monotonicMs } from './monotonic.ts';

/** Needs tcpdump, and root. */
export class AdvertClock {
  readonly #process: LabProcess;
  readonly #waiting = new Set<() => void>();

  private constructor(process: LabProcess) {
    this.#process = process;
    createInterface({ input: process.child.stdout! }).on('line', () => {
      for (const tell of this.#waiting) tell();
      this.#waiting.clear();
    });
  }

  /** Resolves when the first advert was heard. */
  static async start(host: Host): Promise<AdvertClock> {
    const options = ['-l', '--immediate-mode', '-n', '-Z', 'root', '-i', 'eth0'];
    const argv = ['tcpdump', ...options, 'ip proto 112'];
    const clock = new AdvertClock(
      host.spawn(argv, { streams: 'pipe', log: 'adverts', instrument: true }),
    );
    await clock.heard();
    return clock;
  }

  /** Resolves with the next advert, to when it was heard (CLOCK_MONOTONIC, ms). */
  async heard(): Promise<number> {
    const late = new AbortController();
    const heard = new Promise<void>((tell) => this.#waiting.add(tell));
    const silence = delay(limits.advertTimeoutMs, true, { signal: late.signal }).catch(() => false);
    const atMs = heard.then(() => monotonicMs());
    const isSilent = await Promise.race([atMs.then(() => false), silence]);
    late.abort();
    if (isSilent) throw new Error('no advert was heard');
    return atMs;
  }

  /** Resolves so many milliseconds after an advert. */
  async after(ms: number): Promise<void> {
    const atMs = await this.heard();
    await delay(Math.max(0, atMs + ms - monotonicMs()));
  }

  stop(): void {
    this.#process.child.kill('SIGKILL');
  }
}
