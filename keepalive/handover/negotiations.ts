import { handoverExpectMicros, handoverMicros } from '../limits.ts';
import type {
  HandoverQuestion,
  PeerAnswer,
  PeerHandoverReport,
  PeerRouterReport,
} from '../peer/peer-port.ts';
import type { AgentPorts } from '../ports.ts';
import type { RouterDriver } from '../router-driver.ts';
import type { HandoverCause, RouterEvent } from '../virtual-router/event.ts';
import { makeRoom } from './make-room.ts';
import {
  firstOf,
  peerSide,
  type Refusal,
  whyNotBetter,
  whyNotGive,
  whyNotGiven,
  whyNotSound,
  whyNotTake,
} from './refusals.ts';
import { type SecondChances, wasGiven } from './second-chances.ts';

/** What the negotiations work with. */
export interface NegotiationsOptions {
  readonly ports: AgentPorts;
  readonly chances: SecondChances;
  readonly named: (name: string) => RouterDriver | undefined;
  /** The router and those that move with it. */
  readonly membersOf: (router: RouterDriver) => readonly RouterDriver[];
  /** This agent is about to stop: it takes nothing any more. */
  readonly leaving: () => boolean;
  /** An operator of this node wants no voluntary move. */
  readonly onHold: () => boolean;
  /** The resignation of the peer is expected from now on. */
  onExpected(router: RouterDriver, cause: HandoverCause): void;
  /** The addresses of these routers are the peer's; `since`: the first word of it, as `clock.now`. */
  onGiven(routers: readonly RouterDriver[], cause: HandoverCause, since: number): void;
  input(router: RouterDriver, event: RouterEvent): void;
}

/** Called once, with why there was no agreement, or null; `first`: it is this caller's, who did not join one. */
export type Settled = (refusal: Refusal | null, first: boolean) => void;

/** A negotiation under way. */
interface Open {
  cause: HandoverCause;
  /** When it began, as `clock.now`. */
  readonly since: number;
  readonly waiting: Settled[];
}

type Done = (refusal: Refusal | null) => void;

/**
 * Who asks whom, before addresses move by agreement (design 4.4). Routers of one sync group are
 * negotiated together, named by the first of them.
 *
 *     this host gives     offer ----> the peer opens its rules, and expects
 *                         <-- granted                                          --> hand-over, given
 *     this host takes     opens its rules, and expects; request ----> the peer offers, as above
 *                         <-- granted
 *
 * A request may be old when it is read: over a slow link, or because that process did not run. So it is
 * offered back what it asks for, and is given it only while it still waits for that.
 *
 * A question without an answer in time, and any answer but "granted", is the end of it: both hosts go
 * on as VRRP has it.
 */
export class Negotiations {
  readonly #options: NegotiationsOptions;
  /** What this host gives and what it takes, by the names of the routers. */
  readonly #offers = new Map<string, Open>();
  readonly #requests = new Map<string, Open>();
  /** The last that was granted to a request: it may come again, over another path. */
  #granted: number | null = null;
  #lastId: number;

  constructor(options: NegotiationsOptions) {
    this.#options = options;
    // So that a restarted agent does not begin with the numbers of the one before it.
    this.#lastId = options.ports.clock.now();
  }

  /** Gives the addresses of these routers to the peer, if that takes them. */
  offer(routers: readonly RouterDriver[], cause: HandoverCause, settled: Settled): void {
    this.#offer(routers, cause, settled, () => this.#whyNotOffer(routers, cause));
  }

  #offer(
    routers: readonly RouterDriver[],
    cause: HandoverCause,
    settled: Settled,
    objection: () => Refusal | null,
  ): void {
    this.#join(this.#offers, routers, cause, settled, (open, done) => {
      const refusal = objection();
      if (refusal !== null) return done(refusal);
      this.#ask('offer', routers, cause, (refused) => {
        done(refused ?? this.#give(routers, open, objection));
      });
    });
  }

  /** Has the peer give the addresses of these routers to this host. */
  request(routers: readonly RouterDriver[], settled: Settled): void {
    this.#join(this.#requests, routers, 'preempted', settled, (_open, done) => {
      const refusal = this.#whyNotRequest(routers);
      if (refusal !== null) return done(refusal);
      const failure = this.#expect(routers, 'preempted');
      if (failure !== null) return done({ type: 'cannot', why: failure });
      const answered: Done = (refused) => {
        for (const router of routers) {
          if (refused === null) this.#options.input(router, { type: 'given' });
          // Without an answer it may have been given all the same, and its resignation be here or lost:
          // what was promised holds for its time.
          else if (refused.type !== 'no-answer' && !isGiven(router)) {
            this.#options.chances.withdraw(router);
          }
        }
        const given = refused?.type === 'no-answer' && routers.every(isGiven);
        done(given ? null : refused);
      };
      makeRoom(this.#options.ports, routers, () => {
        this.#ask('request', routers, 'preempted', answered);
      });
    });
  }

  /** Answers a step of the peer's. */
  answer(question: HandoverQuestion, respond: (answer: PeerAnswer) => void): void {
    const say = (reason: string | null) =>
      respond({ type: 'handover', granted: reason === null, reason });
    const routers = question.routers.flatMap((name) => this.#options.named(name) ?? []);
    if (routers.length < question.routers.length || routers.length === 0) {
      say(`not all of ${question.routers.join(', ')} are known here: the files differ`);
    } else if (question.step === 'offer') {
      this.#answerOffer(routers, question, say);
    } else if (question.step === 'request') {
      this.#answerRequest(routers, question, say);
    } else {
      for (const router of routers) this.#options.input(router, { type: 'given' });
      say(null);
    }
  }

  #answerOffer(
    routers: readonly RouterDriver[],
    question: HandoverQuestion,
    say: (reason: string | null) => void,
  ): void {
    // Who is offered what was asked for made room for it before.
    const asked = question.cause === 'preempted';
    if (asked && !this.#requests.has(keyOf(routers))) {
      say('nobody there waits for them any more');
      return;
    }
    const reason = this.#judgeOffer(routers, question);
    if (reason !== null || asked) say(reason);
    else makeRoom(this.#options.ports, routers, () => say(this.#thinkAgain(routers)));
  }

  /** Room took a moment to make: why this host cannot take them after all; null: it can. */
  #thinkAgain(routers: readonly RouterDriver[]): string | null {
    const reason = this.#whyNotReceive(routers);
    if (reason !== null) for (const router of routers) this.#options.chances.withdraw(router);
    return reason;
  }

  #whyNotReceive(routers: readonly RouterDriver[]): string | null {
    if (this.#options.leaving()) return 'the agent there is about to stop';
    return firstOf(routers, whyNotTake);
  }

  #answerRequest(
    routers: readonly RouterDriver[],
    question: HandoverQuestion,
    say: (reason: string | null) => void,
  ): void {
    if (this.#granted === question.id) {
      say(null);
      return;
    }
    const settled: Settled = (refusal) => {
      if (refusal === null) this.#granted = question.id;
      say(refusal?.why ?? null);
    };
    // The peer speaks for itself: nothing else that is known of it here is asked.
    this.#offer(routers, question.cause, settled, () => {
      const why = this.#judgeRequest(routers, question);
      return why === null ? null : { type: 'cannot', why };
    });
  }

  /** One negotiation of its kind for the same routers at a time; who comes later hears of its outcome, too. */
  #join(
    all: Map<string, Open>,
    routers: readonly RouterDriver[],
    cause: HandoverCause,
    settled: Settled,
    begin: (open: Open, done: Done) => void,
  ): void {
    const key = keyOf(routers);
    const now = this.#options.ports.clock.now();
    const joined = all.get(key);
    // A process that did not run may hear of an overdue one's end yet; that says nothing of today.
    if (joined !== undefined && now - joined.since < handoverMicros) {
      joined.waiting.push(settled);
      // The word of an operator, and of an agent that stops, is kept whoever was first.
      if (cause === 'operator' || cause === 'stop') joined.cause = cause;
      return;
    }
    const open = { cause, since: now, waiting: [settled] };
    all.set(key, open);
    begin(open, (refusal) => {
      if (all.get(key) === open) all.delete(key);
      open.waiting.forEach((one, index) => {
        one(refusal, index === 0);
      });
    });
  }

  #ask(
    step: HandoverQuestion['step'],
    routers: readonly RouterDriver[],
    cause: HandoverCause,
    answered: Done,
  ): void {
    const { clock, peer } = this.#options.ports;
    const askedAt = clock.now();
    this.#lastId += 1;
    const question: HandoverQuestion = {
      type: 'handover',
      step,
      id: this.#lastId,
      routers: routers.map(({ config }) => config.name),
      cause,
      priority: routers[0]?.state.standing.priority ?? 1,
    };
    peer?.ask(question, handoverMicros, (answer) => {
      // One that was here in time and is read late, by a process that did not run, holds no more.
      const late = clock.now() - askedAt > handoverMicros;
      if (late || answer?.type !== 'handover') {
        const ms = handoverMicros / 1000;
        answered({ type: 'no-answer', why: `the peer did not answer within ${ms} ms` });
      } else if (answer.granted) answered(null);
      else answered({ type: 'peer-refused', why: answer.reason ?? 'the peer does not say why' });
    });
  }

  /** The peer is ready. Why nothing was given after all; null: it was. */
  #give(
    routers: readonly RouterDriver[],
    { cause, since }: Open,
    objection: () => Refusal | null,
  ): Refusal | null {
    // Meanwhile the one that fell may have recovered, or the peer fallen.
    const refusal = objection();
    if (refusal !== null) return { type: 'overtaken', why: refusal.why };
    const why = this.#handOver(routers, cause);
    if (why !== null) return { type: 'overtaken', why };
    // Beside the resignation on the LAN, which may be lost.
    this.#ask('given', routers, cause, () => {});
    this.#options.onGiven(routers, cause, since);
    return null;
  }

  /** Why one of them did not resign after all: this host did not run, and its router sees that only now. */
  #handOver(routers: readonly RouterDriver[], cause: HandoverCause): string | null {
    const { input, membersOf } = this.#options;
    for (const router of routers) input(router, { type: 'hand-over', cause });
    const why = firstOf(routers, whyNotGiven);
    if (why !== null) return why;
    // Those of the group that could not take part, or cannot yet, must not take it back when they can.
    for (const router of routers.slice(0, 1).flatMap((first) => membersOf(first))) {
      if (!routers.includes(router)) input(router, { type: 'hand-over', cause });
    }
    return null;
  }

  #judgeOffer(routers: readonly RouterDriver[], question: HandoverQuestion): string | null {
    const why = this.#whyNotReceive(routers);
    if (why !== null) return why;
    const worse = (router: RouterDriver) => {
      const both = priorities(router, question);
      return question.cause === 'priority'
        ? whyNotBetter(router, 'here', both)
        : whyNotSound(router, { theirs: both.ours, ours: both.theirs });
    };
    return firstOf(routers, worse) ?? this.#expect(routers, question.cause);
  }

  #judgeRequest(routers: readonly RouterDriver[], question: HandoverQuestion): string | null {
    if (this.#options.onHold()) return 'an operator has put this node on hold';
    return (
      firstOf(routers, whyNotGive) ??
      firstOf(routers, (router) => whyNotBetter(router, 'there', priorities(router, question))) ??
      firstOf(routers, (router) => this.#leftBehind(router, routers))
    );
  }

  /** Another member of its sync group would stay here alone; null: none would. */
  #leftBehind(router: RouterDriver, asked: readonly RouterDriver[]): string | null {
    const left = this.#options
      .membersOf(router)
      .find((member) => member.state.name === 'Active' && !asked.includes(member));
    if (left === undefined) return null;
    return `${router.config.name} moves together with ${left.config.name} here: the files differ`;
  }

  /** Opens the rules of all; why not, and then of none. */
  #expect(routers: readonly RouterDriver[], cause: HandoverCause): string | null {
    const { chances, input, onExpected, ports } = this.#options;
    for (const router of routers) {
      const { state } = router;
      const holder = state.name === 'Backup' ? (state.followed ?? state.heard) : null;
      const failure =
        holder === null ? 'no Active router is heard' : chances.prepare(router, holder.source);
      if (failure === null) continue;
      for (const one of routers) chances.withdraw(one);
      return failure;
    }
    const until = ports.clock.now() + handoverExpectMicros;
    for (const router of routers) {
      onExpected(router, cause);
      input(router, { type: 'expect', until });
    }
    return null;
  }

  #whyNotOffer(routers: readonly RouterDriver[], cause: HandoverCause): Refusal | null {
    const why = firstOf(routers, whyNotGive);
    if (why !== null) return { type: 'cannot', why };
    const refusal = this.#whyNotPeer(routers, (router, report) => {
      const both = priorities(router, report);
      return cause === 'priority' ? whyNotBetter(router, 'there', both) : whyNotSound(router, both);
    });
    if (refusal?.type !== 'cannot' || cause !== 'priority') return refusal;
    return this.#isBestAnyway(routers) ? { ...refusal, needless: true } : refusal;
  }

  /** Not even the best of the peer's is better than the worst of ours. */
  #isBestAnyway(routers: readonly RouterDriver[]): boolean {
    const reports = this.#options.ports.peer?.status().node?.report?.routers ?? [];
    return routers.every(({ config, state }) => {
      const theirs = reports.find(({ name }) => name === config.name)?.priority;
      return theirs !== undefined && theirs <= state.standing.priority;
    });
  }

  #whyNotRequest(routers: readonly RouterDriver[]): Refusal | null {
    const why = firstOf(routers, whyNotTake);
    if (why !== null) return { type: 'cannot', why };
    return this.#whyNotPeer(routers, (_router, _report, { onHold }) =>
      onHold ? 'an operator has put the peer on hold' : null,
    );
  }

  #whyNotPeer(
    routers: readonly RouterDriver[],
    objection: (
      router: RouterDriver,
      report: PeerRouterReport,
      handover: PeerHandoverReport,
    ) => string | null,
  ): Refusal | null {
    const status = this.#options.ports.peer?.status() ?? null;
    if (status === null) return { type: 'cannot', why: 'there is no `pair` in the file' };
    if (!status.connected) {
      return { type: 'not-connected', why: `the agents are not connected (${status.peer})` };
    }
    const report = status.node?.report?.routers ?? null;
    const why = firstOf(routers, (router) => {
      const side = peerSide(router.config.name, report);
      return typeof side === 'string' ? side : objection(router, side.router, side.handover);
    });
    return why === null ? null : { type: 'cannot', why };
  }
}

/** Of this host, and what the peer says of itself. */
function priorities(router: RouterDriver, { priority }: { readonly priority: number }) {
  return { theirs: priority, ours: router.state.standing.priority };
}

/** Routers that are negotiated together. */
function keyOf(routers: readonly RouterDriver[]): string {
  return routers.map(({ config }) => config.name).join(' ');
}

/** The peer resigned in favour of this router, which has claimed the addresses or is about to. */
function isGiven(router: RouterDriver): boolean {
  const { state } = router;
  return wasGiven(router) || (state.name === 'Backup' && state.downCause === 'given');
}
