/**
 * Duplicate addresses (ADR 8): does anybody else answer for what we hold, and what follows from
 * it. A pure function; the driver (duplicate-watch.ts) asks, announces and tells the router.
 *
 *     claim seen -> one interval for VRRP to settle it -> up to eight checks, a question each
 *        answers no more: a takeover's last frames, nothing happened
 *        a partner, and we rank lower: yield, then stay Backup as long as it answers
 *        anybody else, or we rank higher: alarm, announce at most once in ten seconds, keep it
 */
import {
  askAgainMicros,
  askMinMicros,
  defendMicros,
  lateListensMax,
  partnersKnownMax,
  rivalGoneMicros,
  rivalRecheckMicros,
  rivalsMax,
} from '../limits.ts';
import { faultPriority } from '../virtual-router/priority.ts';
import { lastCheck, type PeerWord, yieldsAtCheck } from './rank.ts';
import { checkMicros, type DuplicateState, type Rival } from './state.ts';

export type DuplicateEvent =
  /** The router answers for its addresses: begins it, or brings what is known up to date. */
  | { readonly type: 'holding'; readonly mac: string; readonly faulted: boolean }
  /** It does not, any more; `out`: not even in the election. */
  | { readonly type: 'released'; readonly out: boolean }
  /** Somebody else's frame says that one of our addresses is at its own MAC. */
  | { readonly type: 'claimed'; readonly mac: string; readonly address: string }
  /** Another node's own address is at this MAC. */
  | { readonly type: 'partner'; readonly mac: string }
  /** The neighbours may believe another host. */
  | { readonly type: 'doubt' }
  | {
      readonly type: 'tick';
      /** The Backup hears advertisements, and needs no other sign of life. */
      readonly hearing: boolean;
      readonly word: PeerWord;
    };

export type DuplicateAction =
  /** Ask the LAN who has our addresses, and where the other nodes are. */
  | { readonly type: 'ask'; readonly partners: boolean }
  /** Announce that the address is here. */
  | { readonly type: 'defend'; readonly address: string }
  /** Somebody else answers for it, and goes on. */
  | { readonly type: 'found'; readonly rival: Rival }
  /** A confirmed one has stopped, or one that answered for a while has. */
  | { readonly type: 'gone'; readonly rival: Rival }
  /** One that claimed without answering: some neighbour may have believed it. */
  | { readonly type: 'passed'; readonly rival: Rival }
  | { readonly type: 'yield'; readonly rival: Rival }
  /** Whom we gave way to still answers. */
  | { readonly type: 'answers'; readonly mac: string };

export interface DuplicateStep {
  readonly state: DuplicateState;
  readonly actions: readonly DuplicateAction[];
}

/** One event. `now` in microseconds. */
export function stepDuplicates(
  state: DuplicateState,
  event: DuplicateEvent,
  now: number,
): DuplicateStep {
  switch (event.type) {
    case 'holding':
      return hold(state, event, now);
    case 'released':
      return release(state, event.out);
    case 'claimed':
      return claimed(state, event, now);
    case 'partner':
      return nothing({ ...state, partners: remember(state.partners, event.mac) });
    case 'doubt': {
      const askAt = Math.max(now, state.askedAt + askMinMicros);
      return nothing(
        state.holding ? { ...state, askAt: Math.min(state.askAt ?? askAt, askAt) } : state,
      );
    }
    case 'tick':
      return tick({ ...state, word: event.word }, event.hearing, now);
  }
}

function nothing(state: DuplicateState): DuplicateStep {
  return { state, actions: [] };
}

function hold(
  state: DuplicateState,
  { mac, faulted }: DuplicateEvent & { type: 'holding' },
  now: number,
): DuplicateStep {
  if (state.holding) return nothing({ ...state, mac, faulted });
  // Both hosts count from the claim: this one from the answers, the other from the announcement. The
  // last answers of a host that is just leaving do no harm, since VRRP has its interval first.
  const fresh = { rivals: [], askAt: now, yieldedTo: null, holding: true };
  return nothing({ ...state, ...fresh, mac, faulted });
}

function release(state: DuplicateState, out: boolean): DuplicateStep {
  const defers = state.yieldedTo !== null && !out;
  return nothing({
    ...state,
    holding: false,
    rivals: [],
    askAt: defers ? state.askAt : null,
    yieldedTo: defers ? state.yieldedTo : null,
  });
}

function remember(partners: readonly string[], mac: string): readonly string[] {
  if (partners.at(-1) === mac) return partners;
  return [...partners.filter((known) => known !== mac), mac].slice(-partnersKnownMax);
}

function claimed(
  state: DuplicateState,
  { mac, address }: DuplicateEvent & { type: 'claimed' },
  now: number,
): DuplicateStep {
  if (!state.holding) {
    const answers = state.yieldedTo !== null && state.partners.includes(mac) && answersCount(state);
    return { state, actions: answers ? [{ type: 'answers', mac }] : [] };
  }
  const known = state.rivals.find((rival) => rival.mac === mac);
  if (known !== undefined) {
    const seen = replace(state, { ...known, address, lastAt: now });
    return known.confirmed ? defend(seen, address, now) : nothing(seen);
  }
  if (state.rivals.length >= rivalsMax) return nothing(state);
  const begunAt = now + state.parameters.intervalMicros;
  const rival: Rival = {
    mac,
    address,
    firstAt: now,
    lastAt: now,
    begunAt,
    checks: 0,
    restarts: 0,
    nextCheckAt: begunAt,
    confirmed: false,
    partner: false,
  };
  return nothing({ ...state, rivals: [...state.rivals, rival] });
}

/**
 * Whether the partner's answers keep us back. Not when it has told that it is at fault and we are less
 * so, nor that it is not Active: then it is somebody else who answers.
 */
function answersCount({ word, parameters }: DuplicateState): boolean {
  if (word === null) return !parameters.wordNeeded;
  if (word === 'not-active') return false;
  return word.other > faultPriority || word.other >= word.own;
}

function replace(state: DuplicateState, rival: Rival): DuplicateState {
  const rivals = state.rivals.map((known) => (known.mac === rival.mac ? rival : known));
  return { ...state, rivals };
}

/** RFC 5227 section 2.4 (b): an announcement now, and no other for a while: two could fight. */
function defend(state: DuplicateState, address: string, now: number): DuplicateStep {
  if (now - state.defendedAt < defendMicros) return nothing(state);
  return { state: { ...state, defendedAt: now }, actions: [{ type: 'defend', address }] };
}

function tick(before: DuplicateState, hearing: boolean, now: number): DuplicateStep {
  let state = before;
  const actions: DuplicateAction[] = [];
  for (const { mac } of before.rivals) {
    const rival = state.rivals.find((known) => known.mac === mac);
    if (rival === undefined || now < rival.nextCheckAt) continue;
    const result = check(state, rival, now);
    state = result.state;
    actions.push(...result.actions);
  }
  if (state.askAt !== null && now >= state.askAt) {
    // A Backup that hears advertisements is told by them whether anybody is Active.
    if (state.holding || !hearing) actions.push({ type: 'ask', partners: false });
    state = { ...state, askAt: now + askGap(state), askedAt: now };
  }
  return { state, actions: once(actions) };
}

function askGap({ holding, parameters }: DuplicateState): number {
  return holding ? askAgainMicros : parameters.intervalMicros;
}

/** Several checks in one moment need one question. */
function once(actions: readonly DuplicateAction[]): DuplicateAction[] {
  const asks = actions.filter(({ type }) => type === 'ask');
  if (asks.length < 2) return [...actions];
  const partners = asks.some((action) => action.type === 'ask' && action.partners);
  return [...actions.filter(({ type }) => type !== 'ask'), { type: 'ask', partners }];
}

function check(state: DuplicateState, rival: Rival, now: number): DuplicateStep {
  return rival.confirmed ? recheck(state, rival, now) : decide(state, rival, now);
}

/** Somebody who was confirmed: as long as it answers, and then all clear. */
function recheck(state: DuplicateState, rival: Rival, now: number): DuplicateStep {
  if (now - rival.lastAt > rivalGoneMicros) return drop(state, rival);
  // What was not known then may be known now: that it is a partner, or a fault of our own.
  const judged = judge(state, rival);
  const answered = rival.lastAt > rival.nextCheckAt - rivalRecheckMicros;
  if (answered && judged.yieldsAt !== null) return giveWay(state, judged.rival, now);
  const later = replace(state, { ...rival, nextCheckAt: now + rivalRecheckMicros });
  return { state: later, actions: [{ type: 'ask', partners: !rival.partner }] };
}

/** Who it is as far as we know, and whether we have to give way to it, and when. */
function judge(
  state: DuplicateState,
  rival: Rival,
): { readonly rival: Rival; readonly yieldsAt: number | null } {
  const partner = state.partners.includes(rival.mac);
  const { mayYield, ...rules } = state.parameters;
  const yieldsAt = partner && mayYield ? yieldsAtCheck({ ...state, ...rules }, rival.mac) : null;
  return { rival: { ...rival, partner }, yieldsAt };
}

function drop(state: DuplicateState, rival: Rival): DuplicateStep {
  const rivals = state.rivals.filter(({ mac }) => mac !== rival.mac);
  // Whoever was heard only before the first question has let go in good time, or only announced.
  const answered = rival.lastAt > rival.begunAt;
  return { state: { ...state, rivals }, actions: [{ type: answered ? 'gone' : 'passed', rival }] };
}

function decide(state: DuplicateState, rival: Rival, now: number): DuplicateStep {
  const unit = checkMicros(state.parameters);
  // We did not run: what was read meanwhile says nothing about this moment, so look anew.
  if (now - rival.nextCheckAt > unit && rival.restarts < lateListensMax) {
    const anew = { begunAt: now, checks: 0, restarts: rival.restarts + 1 };
    return ask(state, { ...rival, ...anew }, now);
  }
  const { checks } = rival;
  if (checks === 0) return ask(state, rival, now);
  // No answer to the question of the check before.
  if (rival.lastAt <= rival.nextCheckAt - unit) return drop(state, rival);
  const { rival: judged, yieldsAt } = judge(state, rival);
  if (yieldsAt !== null && checks >= yieldsAt) return giveWay(state, judged, now);
  if (checks < lastCheck) return ask(state, rival, now);
  const confirmed = { ...judged, confirmed: true, nextCheckAt: now + rivalRecheckMicros };
  const kept = defend(replace(state, confirmed), rival.address, now);
  return { ...kept, actions: [{ type: 'found', rival: confirmed }, ...kept.actions] };
}

function ask(state: DuplicateState, rival: Rival, now: number): DuplicateStep {
  const nextCheckAt = now + checkMicros(state.parameters);
  const asked = { ...rival, checks: rival.checks + 1, nextCheckAt };
  return { state: replace(state, asked), actions: [{ type: 'ask', partners: true }] };
}

function giveWay(state: DuplicateState, rival: Rival, now: number): DuplicateStep {
  return {
    state: {
      ...state,
      holding: false,
      rivals: [],
      yieldedTo: rival.mac,
      askAt: now,
    },
    actions: [{ type: 'yield', rival }],
  };
}
