/**
 * A half's side of a reload: one at a time, known by its token, and none stays prepared for ever.
 *
 *     idle ─prepare─► preparing ─► prepared ─apply─► applying ─► idle
 *                        │            ├─abandon─► idle
 *                        └─refused─► idle ◄── nobody has said a word: abandoned, or settled (settle.ts)
 */
import type { Logger } from '../log/logger.ts';
import { SETTLE_LOOK_MS, SETTLE_MAX_MS } from './limits.ts';
import type {
  ApplyAnswer,
  DeskReport,
  HalfName,
  Offer,
  PrepareAnswer,
  Unanswered,
} from './reload-half.ts';
import { settle } from './settle.ts';

/** A reload that a half has built beside what it runs with. */
export interface PreparedHalf {
  readonly offer: Offer;
  /** Rejects with ReloadRefusal when nothing has changed. */
  apply(): Promise<void>;
  abandon(): Promise<void>;
}

/** Why a half cannot do it; nothing has changed there. */
export class ReloadRefusal extends Error {
  override readonly name = 'ReloadRefusal';
  /** Lines for an operator. */
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[]) {
    super(reasons.join('; '));
    this.reasons = reasons;
  }
}

/** What the desk works with. */
export interface ReloadDeskOptions {
  readonly half: HalfName;
  /** Rejects with ReloadRefusal. */
  readonly prepare: () => Promise<PreparedHalf>;
  /** Digest of the file that the half runs with. */
  readonly running: () => string;
  /** How long a prepared reload waits for a word, ms. */
  readonly preparedMaxMs: number;
  /** The half that applies before this one; absent: this one is the first. */
  readonly leader?: () => Promise<DeskReport | Unanswered>;
  /** Calls back once after so many ms; the returned function takes it back. */
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly log: Logger;
}

type State =
  | { readonly name: 'idle' }
  | { readonly name: 'preparing'; readonly token: string; abandoned: boolean }
  | {
      readonly name: 'prepared';
      readonly token: string;
      readonly prepared: PreparedHalf;
      forget: () => void;
    }
  | { readonly name: 'applying'; readonly token: string; readonly done: Promise<ApplyAnswer> };

const IDLE: State = { name: 'idle' };

/** A timer of this process that does not keep it running. */
export function afterMs(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  timer.unref();
  return () => clearTimeout(timer);
}

/** See the file's comment. */
export class ReloadDesk {
  readonly #options: ReloadDeskOptions;
  #state: State = IDLE;
  #applied: string | null = null;
  #closed = false;

  constructor(options: ReloadDeskOptions) {
    this.#options = options;
  }

  async prepare(token: string): Promise<Exclude<PrepareAnswer, Unanswered>> {
    if (this.#closed) return { type: 'busy', reason: 'it is stopping' };
    if (this.#state.name !== 'idle') {
      return { type: 'busy', reason: `another reload is under way (${this.#state.name})` };
    }
    const state: State = { name: 'preparing', token, abandoned: false };
    this.#state = state;
    try {
      const prepared = await this.#options.prepare();
      if (state.abandoned || this.#closed) {
        await prepared.abandon();
        this.#state = IDLE;
        return { type: 'busy', reason: 'the reload was abandoned meanwhile' };
      }
      this.#hold(token, prepared);
      return { type: 'prepared', offer: prepared.offer };
    } catch (error) {
      this.#state = IDLE;
      return { type: 'refused', reasons: this.#reasonsOf(error) };
    }
  }

  /** The same token again is answered as before: an answer may have been lost. */
  async apply(token: string): Promise<Exclude<ApplyAnswer, Unanswered>> {
    const state = this.#state;
    if (state.name === 'applying' && state.token === token) return decided(await state.done);
    if (this.#applied === token) return { type: 'applied' };
    if (state.name !== 'prepared' || state.token !== token) {
      return { type: 'refused', reasons: ['this reload is not prepared here any more: try again'] };
    }
    state.forget();
    return decided(await this.#use(token, state.prepared));
  }

  async abandon(token: string): Promise<void> {
    const state = this.#state;
    if (state.name === 'preparing' && state.token === token) state.abandoned = true;
    if (state.name !== 'prepared' || state.token !== token) return;
    state.forget();
    // Not idle before it is gone: what it has built is in the way of another.
    this.#state = { name: 'preparing', token, abandoned: true };
    await this.#drop(state.prepared);
    this.#state = IDLE;
  }

  report(): DeskReport {
    const state = this.#state;
    return {
      state: state.name,
      token: state.name === 'idle' ? null : state.token,
      applied: this.#applied,
      running: this.#options.running(),
    };
  }

  /** Abandons what is prepared and takes nothing more. */
  close(): void {
    this.#closed = true;
    if (this.#state.name === 'prepared') void this.abandon(this.#state.token);
  }

  #hold(token: string, prepared: PreparedHalf): void {
    const { after, preparedMaxMs } = this.#options;
    const forget = after(preparedMaxMs, () => void this.#overdue(token, preparedMaxMs, 0));
    this.#state = { name: 'prepared', token, prepared, forget };
  }

  async #overdue(token: string, waitedMs: number, settlingMs: number): Promise<void> {
    const { leader, after, half, log } = this.#options;
    const seen = leader === undefined ? null : await leader();
    const state = this.#state;
    if (state.name !== 'prepared' || state.token !== token) return;
    const { offer } = state.prepared;
    const what = seen === null ? 'abandon' : settle({ token, ...offer }, seen);
    if (what === 'apply') {
      log.warn({ half }, 'reload: nobody said so, but the balancer follows the file: so do we');
      await this.#use(token, state.prepared);
      return;
    }
    if (what === 'wait' && settlingMs < SETTLE_MAX_MS) {
      state.forget = after(
        SETTLE_LOOK_MS,
        () => void this.#overdue(token, waitedMs + SETTLE_LOOK_MS, settlingMs + SETTLE_LOOK_MS),
      );
      return;
    }
    log.warn(
      { half, waitedMs },
      `reload: nobody applied what was prepared ${waitedMs / 1000} s ago: it is abandoned`,
    );
    await this.abandon(token);
  }

  #use(token: string, prepared: PreparedHalf): Promise<ApplyAnswer> {
    const done = prepared.apply().then(
      (): ApplyAnswer => {
        this.#applied = token;
        this.#state = IDLE;
        return { type: 'applied' };
      },
      async (error: unknown): Promise<ApplyAnswer> => {
        const reasons = this.#reasonsOf(error);
        await this.#drop(prepared);
        this.#state = IDLE;
        return { type: 'refused', reasons };
      },
    );
    this.#state = { name: 'applying', token, done };
    return done;
  }

  async #drop(prepared: PreparedHalf): Promise<void> {
    await prepared.abandon().catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'reload: what was prepared could not be given up');
    });
  }

  #reasonsOf(error: unknown): readonly string[] {
    if (error instanceof ReloadRefusal) return error.reasons;
    this.#options.log.error({ err: error }, 'reload: a defect in Tandem, please report it');
    return [`a defect in Tandem, please report it: ${(error as Error).message}`];
  }
}

function decided(answer: ApplyAnswer): Exclude<ApplyAnswer, Unanswered> {
  if (answer.type === 'applied' || answer.type === 'refused') return answer;
  return { type: 'refused', reasons: [answer.why] };
}
