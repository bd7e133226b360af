import { ContestLog } from './contest-log.ts';
import type { EventSink } from './events/event-types.ts';
import { PeerNews } from './events/peer-news.ts';
import { preemptsFreeMax } from './limits.ts';
import type { LogLimiter } from './log-limiter.ts';
import { VetoLog } from './peer/veto-log.ts';
import type { Logger } from './ports.ts';
import { millis } from './transition-text.ts';
import type { RouterAction, TransitionReason } from './virtual-router/action.ts';
import type { RouterEvent } from './virtual-router/event.ts';
import type { RouterState } from './virtual-router/state.ts';

/** What the news are made with. */
export interface RouterNewsOptions {
  /** Of the virtual router. */
  readonly name: string;
  readonly interface: string;
  readonly log: Logger;
  readonly limiter: LogLimiter;
  readonly emit: EventSink;
}

/** One input of a router, and what came of it. */
export interface RouterTurn {
  readonly event: RouterEvent;
  readonly before: RouterState;
  readonly after: RouterState;
  /** Of the transition; null: there was none. */
  readonly reason: TransitionReason | null;
}

/** What a router's inputs mean to whoever follows them, beside its transitions. */
export class RouterNews {
  readonly #options: RouterNewsOptions;
  readonly #emit: EventSink;
  readonly #contests: ContestLog;
  readonly #vetoes: VetoLog;
  readonly #peer: PeerNews;

  /** A router with another name needs another one. */
  constructor(options: RouterNewsOptions) {
    this.#options = options;
    this.#emit = options.emit;
    this.#contests = new ContestLog(options);
    this.#vetoes = new VetoLog(options);
    this.#peer = new PeerNews(options.name);
  }

  /** Before the actions of the turn: who is heard, and who is gone. */
  begin({ event, reason }: RouterTurn): void {
    const news = this.#peer.after(event, reason);
    if (news !== null) this.#emit(news);
  }

  /** After them; true when the peer kept the router from claiming. `now` in microseconds. */
  end({ event, before, after }: RouterTurn, now: number): boolean {
    if (event.type === 'advertisement') this.#contests.heard(before, after, now);
    return this.#vetoes.after(before, after, now);
  }

  /** The event loop woke late, and the router did not trust its timer. */
  wokeLate({ lateMicros, waitMicros }: RouterAction & { type: 'woke-late' }): void {
    const { name, log, limiter } = this.#options;
    const [lateMs, waitMs] = [lateMicros / 1000, waitMicros / 1000];
    this.#emit({ type: 'woke-late', router: name, lateMs, waitMs });
    limiter.limit(`${name} late`, (suppressed) =>
      log.warn(
        { router: name, lateMs, suppressed },
        `${name}: this process did not run for ${millis(lateMicros)}; ` +
          `listening for ${millis(waitMicros)} before it acts`,
      ),
    );
  }

  /** The better router waits before it takes the addresses. */
  preemptHeld({ waitMicros, preempts }: RouterAction & { type: 'preempt-held' }): void {
    const { name, log } = this.#options;
    const waitMs = waitMicros / 1000;
    this.#emit({ type: 'preempt-held', router: name, waitMs, recent: preempts });
    const often = preempts > preemptsFreeMax ? ` (took them ${preempts} times lately)` : '';
    log.info(
      { router: name, waitMs, preempts },
      `${name}: better than the Active router; ` +
        `takes the addresses when it has been so for ${millis(waitMicros)}${often}`,
    );
  }
}
