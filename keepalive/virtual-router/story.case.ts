/** Stories for the golden test: scripted events for one virtual router, and their trace as text. */
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import { describeReason, millis } from '../transition-text.ts';
import type { RouterAction } from './action.ts';
import type { RouterEvent } from './event.ts';
import {
  initialState,
  nextDeadline,
  type RouterParameters,
  type RouterState,
  type Standing,
} from './state.ts';
import { step } from './step.ts';
import type { HolderAnswer } from './vouching.ts';

export const PEER = parseIp('198.51.100.12')!;
export const SELF = parseIp('198.51.100.11')!;
export const INTERVAL = 100_000;

export const PARAMETERS: RouterParameters = {
  version: 3,
  advertIntervalMicros: INTERVAL,
  preempt: true,
  owner: false,
  peer: 'tandem',
  peerPriority: 100,
  strictRfc: false,
  asksPeer: false,
  grouped: false,
  drainMicros: 0,
  preemptDelayMicros: 0,
  startupDelayMicros: 0,
};

/** One router at 198.51.100.11, priority 200 unless told otherwise, driven by hand. */
export class Story {
  readonly lines: string[] = [];
  state: RouterState;
  now = 0;
  lastActions: readonly RouterAction[] = [];

  constructor(parameters: Partial<RouterParameters> = {}, standing: Partial<Standing> = {}) {
    this.state = initialState(
      { ...PARAMETERS, ...parameters },
      { priority: 200, claimNotBefore: null, ...standing },
    );
  }

  get name(): RouterState['name'] {
    return this.state.name;
  }

  /** Types of the last event's actions, sends with their priority. */
  get did(): string[] {
    return this.lastActions.map((action) => describe(action)).filter((text) => text !== '');
  }

  apply(event: RouterEvent): this {
    const result = step(this.state, event, this.now);
    this.state = result.state;
    this.lastActions = result.actions;
    const deadline = nextDeadline(this.state);
    const next = deadline === null ? '' : `, next in ${millis(deadline - this.now)}`;
    const done = this.did.length === 0 ? '-' : this.did.join(', ');
    const why = result.actions.find((action) => action.type === 'transition');
    const because = why === undefined ? '' : ` (${describeReason(why.reason)})`;
    const at = `${(this.now / 1000).toFixed(1).padStart(8)} ms`;
    this.lines.push(`${at}  ${nameEvent(event)}: ${done} | ${this.name}${next}${because}`);
    return this;
  }

  startup(leased = false): this {
    return this.apply({ type: 'startup', leased });
  }

  /** Time passes without a tick. */
  pass(micros: number): this {
    this.now += micros;
    return this;
  }

  tick(): this {
    return this.apply({ type: 'tick' });
  }

  /** Time passes to the next deadline, and `late` microseconds over it; then a tick. */
  wait(late = 0): this {
    const deadline = nextDeadline(this.state);
    if (deadline === null) throw new Error('waits for nothing');
    this.now = deadline + late;
    return this.tick();
  }

  hear(priority: number, source: Uint8Array = PEER, intervalMicros = INTERVAL): this {
    return this.apply({
      type: 'advertisement',
      heard: { priority, intervalMicros, source, at: this.now },
      localAddress: SELF,
    });
  }

  /** The peer does not hand over; `earlier`: it was another question, asked so much before. */
  refuse(earlier = 0): this {
    const requested = this.state.name === 'Backup' ? this.state.requested : null;
    return this.apply({
      type: 'handover-answer',
      asked: (requested ?? 0) - earlier,
      granted: false,
    });
  }

  /** BFD, 3 x 3 ms, lost the peer that it heard 9 ms ago. */
  lose(peer: Uint8Array = PEER): this {
    const [detectionMicros, intervalMicros] = [9_000, 3_000];
    const lastHeardAt = this.now - detectionMicros;
    return this.apply({ type: 'peer-lost', peer, lastHeardAt, detectionMicros, intervalMicros });
  }

  /** BFD hears the peer again that it lost. */
  find(peer: Uint8Array = PEER): this {
    return this.apply({ type: 'peer-heard', peer });
  }

  /** Another configuration; what is not given stays. */
  reconfigure(changes: Partial<RouterParameters>, priority?: number, readdressed = false): this {
    const standing =
      priority === undefined ? this.state.standing : { priority, claimNotBefore: null };
    const parameters = { ...this.state.parameters, ...changes };
    return this.apply({ type: 'reconfigure', parameters, standing, readdressed });
  }

  /** The peer answers the question that waits, or the last one. */
  answer(changes: Partial<HolderAnswer> = {}): this {
    const sound = { state: 'Active', priority: 200, leaseArmed: true, witness: true } as const;
    const { state } = this;
    const asked = (state.name === 'Backup' ? state.asked : null) ?? -1;
    return this.apply({ type: 'peer-answer', asked, answer: { ...sound, ...changes } });
  }

  standing(priority: number, claimNotBefore: number | null = null): this {
    return this.apply({ type: 'standing', standing: { priority, claimNotBefore } });
  }
}

function nameEvent(event: RouterEvent): string {
  switch (event.type) {
    case 'advertisement':
      return `heard ${event.heard.priority} from ${formatIp(event.heard.source)}`;
    case 'standing':
      return `priority is now ${event.standing.priority}`;
    case 'reconfigure': {
      const { advertIntervalMicros, preempt } = event.parameters;
      const list = event.readdressed ? ', other addresses' : '';
      const asks = `${millis(advertIntervalMicros)}, ${preempt ? '' : 'no '}preempt${list}`;
      return `reconfigured (${event.standing.priority}, ${asks})`;
    }
    case 'shutdown':
      return `shutdown (${event.cause})`;
    case 'lease-lost':
      return event.silent ? 'lease lost, perhaps long ago' : 'lease lost';
    case 'peer-answer':
      return `the peer answers ${event.answer.state} ${event.answer.priority}`;
    case 'peer-heard':
      return `BFD hears ${formatIp(event.peer)} again`;
    case 'peer-lost':
      return `BFD lost ${formatIp(event.peer)}`;
    case 'group':
      return `group: ${event.order} (${event.member})`;
    case 'duplicate':
      return `duplicate at ${event.mac}: ${event.order}`;
    case 'startup':
      return event.leased ? 'startup with a lease' : 'startup';
    case 'hand-over':
      return `hand over (${event.cause})`;
    case 'handover-answer':
      return `handover ${event.granted ? 'granted' : 'refused'}`;
    case 'hold':
      if (event.released) return 'released';
      return event.onHold ? 'hold' : 'hold is over';
    case 'tick':
    case 'doubt':
    case 'expect':
    case 'given':
    case 'drained':
      return event.type;
  }
}

function describe(action: RouterAction): string {
  switch (action.type) {
    case 'send-advertisement':
      return `send ${action.priority}`;
    case 'woke-late':
      return `woke ${millis(action.lateMicros)} late`;
    case 'preempt-held':
      return `wait ${millis(action.waitMicros)}`;
    case 'begin-drain':
      return `drain ${millis(action.micros)}`;
    case 'seek-handover':
      return `seek a handover (${action.cause})`;
    case 'transition':
      return '';
    case 'ask-peer':
    case 'arm-lease':
    case 'end-lease':
    case 'add-addresses':
    case 'remove-addresses':
    case 'announce':
    case 'end-drain':
      return action.type;
  }
}
