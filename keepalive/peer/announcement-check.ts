/**
 * Whether the network believes our announcements: after a claim the peer is asked to which hardware
 * addresses it resolves the virtual ones, in growing gaps, until it finds all of them here. Each
 * round that does not makes the router announce once more.
 *
 *     claim --> ask the peer --all here--> verified
 *                  ^    |-- somebody else's --> told with evidence, announce again --+
 *                  |    '-- nobody's ---------> announce again ----------------------+
 *                  +------------------ next gap, until they are used up -------------'
 */
import type { EventSink } from '../events/event-types.ts';
import { verifyOffsetsMicros } from '../limits.ts';
import type { Clock, Logger, Timer } from '../ports.ts';
import { millis } from '../transition-text.ts';
import type { PeerAnswer, ResolvedAddress } from './peer-port.ts';

/** What the check works with. */
export interface AnnouncementCheckOptions {
  /** Of the virtual router. */
  readonly name: string;
  /** Hardware address of our interface now; null: there is none. */
  readonly mac: () => string | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: EventSink;
  /** Asks the peer; null: it cannot say. */
  ask(onAnswer: (answer: PeerAnswer | null) => void): void;
  /** Announce once more. */
  onDoubt(): void;
}

/** How far the announcement of the last claim got. */
export interface AnnouncementStatus {
  /** `asking`: not all found here yet; `unknown`: the peer could not say; `refuted`: never found here. */
  readonly state: 'asking' | 'verified' | 'refuted' | 'unknown';
  /** From the claim to the answer that said so; null: none did. */
  readonly afterMs: number | null;
  /** What the peer found elsewhere, `ADDRESS at MAC`, in its last answer. */
  readonly elsewhere: readonly string[];
}

/** See the file's comment. */
export class AnnouncementCheck {
  readonly #options: AnnouncementCheckOptions;
  readonly #claimedAt: number;
  #timer: Timer | null = null;
  #round = 0;
  #answered = false;
  #told = '';
  #status: AnnouncementStatus = { state: 'asking', afterMs: null, elsewhere: [] };

  /** Begins at the moment of the claim. */
  constructor(options: AnnouncementCheckOptions) {
    this.#options = options;
    this.#claimedAt = options.clock.now();
    this.#next();
  }

  status(): AnnouncementStatus {
    return this.#status;
  }

  /** Asks no more. */
  stop(): void {
    this.#timer?.cancel();
    this.#round = Number.POSITIVE_INFINITY;
  }

  #next(): void {
    const offset = verifyOffsetsMicros[this.#round];
    if (offset === undefined) {
      if (Number.isFinite(this.#round)) this.#giveUp();
      return;
    }
    this.#round += 1;
    const round = this.#round;
    const { clock, ask } = this.#options;
    this.#timer = clock.timer(Math.max(this.#claimedAt + offset, clock.now()), () =>
      ask((answer) => {
        if (round === this.#round) this.#hear(answer);
      }),
    );
  }

  #hear(answer: PeerAnswer | null): void {
    const mac = this.#options.mac();
    if (answer?.type !== 'resolve' || answer.resolved === null || mac === null) {
      this.#next();
      return;
    }
    this.#answered = true;
    const elsewhere = foreign(answer.resolved, mac);
    const here = answer.resolved.every(({ macs }) => macs.includes(mac));
    if (here && elsewhere.length === 0) {
      this.#verified();
      return;
    }
    this.#status = { ...this.#status, elsewhere };
    if (elsewhere.length > 0) this.#contested(elsewhere);
    this.#options.onDoubt();
    this.#next();
  }

  #verified(): void {
    const { name: router, clock, log, emit } = this.#options;
    const micros = clock.now() - this.#claimedAt;
    const afterMs = micros / 1000;
    this.#status = { state: 'verified', afterMs, elsewhere: [] };
    this.#round = Number.POSITIVE_INFINITY;
    emit({ type: 'announcement-verified', router, afterMs });
    log.info(
      { router, afterMs },
      `${router}: network converged after ${millis(micros)}: the peer finds the addresses here`,
    );
  }

  #contested(elsewhere: readonly string[]): void {
    const { name: router, log, emit } = this.#options;
    const text = elsewhere.join(', ');
    if (text === this.#told) return;
    this.#told = text;
    emit({ type: 'announcement-contested', router, elsewhere: [...elsewhere] });
    log.warn(
      { router, elsewhere },
      `${router}: the peer still finds ${text}, which is not this host; announcing again`,
    );
  }

  #giveUp(): void {
    const { name: router, log } = this.#options;
    this.#status = { ...this.#status, state: this.#answered ? 'refuted' : 'unknown' };
    if (!this.#answered) return;
    const { elsewhere } = this.#status;
    const found = elsewhere.length === 0 ? 'nobody answers for them there' : elsewhere.join(', ');
    log.warn(
      { router, elsewhere },
      `${router}: the peer does not find the addresses here (${found}): look at the switch between`,
    );
  }
}

function foreign(resolved: readonly ResolvedAddress[], own: string): string[] {
  return resolved.flatMap(({ address, macs }) =>
    macs.filter((mac) => mac !== own).map((mac) => `${address} at ${mac}`),
  );
}
