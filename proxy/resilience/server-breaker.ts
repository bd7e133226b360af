import type { EjectionConfig } from '../../src/config/health-config.ts';
import type { ProxyErrorCode } from '../errors.ts';
import { OutcomeCounter } from '../shared/layout.ts';
import { processNow } from '../shared/process-clock.ts';
import type { WorkerCells } from '../shared/worker-cells.ts';
import { BreakerCells } from './breaker-cells.ts';
import { ejectedMax, isQuiet, phaseOf } from './circuit-breaker.ts';

/** Another server of the upstream, or this one. */
export interface BreakerPeer {
  /** It is to have work. */
  readonly wanted: boolean;
  /** It is open or on trial. */
  readonly out: boolean;
}

/** The servers of one upstream, as far as their breakers need to know of each other. */
export interface BreakerPeers {
  readonly servers: readonly BreakerPeer[];
}

/**
 * The breaker of one server as one worker feeds and asks it. Only servers whose upstream has rules
 * have one, so the others pay a null check.
 */
export class ServerBreaker {
  readonly #rule: EjectionConfig;
  readonly #peers: BreakerPeers;
  readonly #cells: BreakerCells;
  readonly #outcomes: Float64Array;
  readonly #outcomeBase: number;
  /** A trial was granted to this worker, which has not begun a request since. */
  #granted = false;
  /** Trials of this worker that have no result yet. */
  #trying = 0;
  /** Requests that this worker gave it; not its in-flight, which a server that follows on its slot shares. */
  #underWay = 0;

  constructor(rule: EjectionConfig, peers: BreakerPeers, cells: WorkerCells, slot: number) {
    this.#rule = rule;
    this.#peers = peers;
    this.#cells = new BreakerCells(cells.views, slot);
    this.#outcomes = cells.views.serverOutcomes;
    this.#outcomeBase = cells.views.indexOf('serverOutcomes', cells.workerIndex, slot);
  }

  /** It gets work only when nobody else is left. */
  get open(): boolean {
    return phaseOf(this.#cells.word) === 'open';
  }

  /** It is not back in full: open or on trial. */
  get out(): boolean {
    return phaseOf(this.#cells.word) !== 'closed';
  }

  /**
   * May it be given a request now? Asked of a server that would otherwise get it. On trial this
   * takes one of the trials, for whatever this worker gives it next. An open one says yes: who asks
   * has nobody else.
   */
  admits(): boolean {
    const { word } = this.#cells;
    if (isQuiet(word)) return true;
    const phase = phaseOf(word);
    if (phase === 'closed') this.#noteLatePick();
    if (phase !== 'half_open' || this.#granted) return true;
    const { before, after } = this.#cells.apply('trial', this.#rule);
    // It may have closed, or opened, a moment ago.
    if (before.phase !== 'half_open') return before.phase === 'closed';
    if (after === before) return false;
    this.#cells.lastTrialAt = processNow();
    this.#granted = true;
    return true;
  }

  /** A request was given to it. */
  begun(): void {
    this.#underWay++;
    if (!this.#granted) return;
    this.#granted = false;
    this.#trying++;
  }

  /** A request is over, with a result or without. */
  ended(): void {
    this.#underWay--;
    // With nothing under way the trials are over, so those that told nothing never will.
    if (this.#trying === 0 || this.#underWay > 0) return;
    for (; this.#trying > 0; this.#trying--) this.#cells.apply('trial_lost', this.#rule);
  }

  /** It has answered with this final status, or accepted a session (0). */
  answered(status: number): void {
    if (this.#counts(status)) {
      this.failed(status);
      return;
    }
    this.#outcomes[this.#outcomeBase + OutcomeCounter.successes]! += 1;
    if (this.#trying > 0) this.#trying--;
    if (!isQuiet(this.#cells.word)) this.#cells.apply('succeeded', this.#rule);
  }

  /** A request failed by its fault: an error code, or a status that is one. */
  failed(reason: ProxyErrorCode | number): void {
    this.#outcomes[this.#outcomeBase + OutcomeCounter.failures]! += 1;
    this.#cells.noteFailure(reason, processNow());
    if (this.#trying > 0) this.#trying--;
    const wanted = this.#peers.servers.reduce((sum, peer) => sum + (peer.wanted ? 1 : 0), 0);
    const max = ejectedMax(wanted, this.#rule);
    const event = this.#othersOut() < max ? 'failed' : 'failed_spared';
    const { before, after } = this.#cells.apply(event, this.#rule);
    if (before.phase !== 'closed' || after.phase !== 'open') return;
    // Another worker may have taken out another server at the same moment.
    if (this.#othersOut() >= max) this.#cells.apply('spared', this.#rule);
  }

  #noteLatePick(): void {
    const { windowMs } = this.#rule;
    if (windowMs === 0 || processNow() - this.#cells.lastFailureAt <= windowMs) return;
    this.#cells.apply('picked_late', this.#rule);
  }

  #othersOut(): number {
    const own = this.out ? 1 : 0;
    const { servers } = this.#peers;
    return servers.reduce((sum, { wanted, out }) => sum + (wanted && out ? 1 : 0), 0) - own;
  }

  #counts(status: number): boolean {
    for (const [from, to] of this.#rule.statuses) if (status >= from && status <= to) return true;
    return false;
  }
}
