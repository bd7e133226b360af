/** How late the load generator itself was: its stalls are not the pair's. */
import { monotonicMs } from '../../lab/monotonic.ts';
import { limits } from './limits.ts';

/** Times at which a loop was late, in order. */
export class LatenessLog {
  readonly #atMs: number[] = [];
  readonly #byMs: number[] = [];

  /** At `atMs` something ran that was due `byMs` before. */
  note(atMs: number, byMs: number): void {
    if (byMs < limits.latenessMinMs) return;
    this.#atMs.push(atMs);
    this.#byMs.push(byMs);
  }

  /** The worst lateness that fell, with any part of it, between the two times; 0 when there was none. */
  worst(fromMs: number, toMs: number): number {
    let worst = 0;
    this.#atMs.forEach((atMs, index) => {
      const byMs = this.#byMs[index]!;
      if (atMs >= fromMs && atMs - byMs <= toMs) worst = Math.max(worst, byMs);
    });
    return worst;
  }
}

/** Watches this process's event loop until the returned function is called. */
export function watchLateness(log: LatenessLog): () => void {
  let dueMs = monotonicMs() + limits.latenessEveryMs;
  let timer: NodeJS.Timeout;
  const look = () => {
    const now = monotonicMs();
    log.note(now, now - dueMs);
    dueMs = now + limits.latenessEveryMs;
    timer = setTimeout(look, limits.latenessEveryMs);
  };
  timer = setTimeout(look, limits.latenessEveryMs);
  return () => clearTimeout(timer);
}
