import { heldAddresses } from '../holdings/address-keeper.ts';
import { forgetMicros, handoverExpectMicros, handoverMicros } from '../limits.ts';
import type {
  HandoverQuestion,
  PeerAnswer,
  PeerHandoverReport,
  PeerRouterReport,
} from '../peer/peer-port.ts';
import type { AgentPorts } from '../ports.ts';
import type { RouterDriver } from '../router-driver.ts';
import type { HandoverCause, RouterEvent } from '../virtual-router/event.ts';
import {
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
  /** The peer asked for the addresses of these routers, and has them. */
  onGranted(routers: readonly RouterDriver[], cause: HandoverCause): void;
  input(router: RouterDriver, event: RouterEvent): void;
}

/** Called once, with why there was no agreement, or null. */
export type Settled = (refusal: Refusal | null) => void;

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
 * offered back what it asks for, and only what the one who asked still promises is given.
 *
 * A question without an answer in time, and any answer but "granted", is the end of it: both hosts go
 * on as VRRP has it.
 */
export class Negotiations {
  readonly #options: NegotiationsOptions;
  /** By the first router's name; who waits for the outcome. */
  readonly #underWay = new Map<string, Settled[]>();
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
    this.#negotiate(routers, settled, (done) => {
      const refusal = objection();
      if (refusal !== null) return done(refusal);
      this.#ask('offer', routers, cause, (refused) => {
        done(refused ?? this.#give(routers, cause, objection));
      });
    });
  }

  /** Has the peer give the addresses of these routers to this host. */
  request(routers: readonly RouterDriver[], settled: Settled): void {
    this.#negotiate(routers, settled, (done) => {
      const refusal = this.#whyNotRequest(routers);
      if (refusal !== null) return done(refusal);
      const failure = this.#expect(routers, 'preempted');
      if (failure !== null) return done({ type: 'cannot', why: failure });
      const answered: Settled = (refused) => {
        for (const router of routers) {
          if (refused === null) this.#options.input(router, { type: 'given' });
          // Without an answer it may have been given all the same, and its resignation be here or lost:
          // what was promised holds for its time.
          else if (refused.type !== 'no-answer' && !wasGiven(router)) {
            this.#options.chances.withdraw(router);
          }
        }
        done(refused);
      };
      this.#forget(routers, () => this.#ask('request', routers, 'preempted', answered));
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
    const reason = this.#judgeOffer(routers, question);
    // What this host has asked for it has made room for.
    const asked = this.#underWay.has(keyOf(routers));
    if (reason !== null || asked) say(reason);
    else this.#forget(routers, () => say(null));
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
      if (refusal === null && this.#granted !== question.id) {
        this.#granted = question.id;
        this.#options.onGranted(routers, question.cause);
      }
      say(refusal?.why ?? null);
    };
    // The peer speaks for itself: nothing else that is known of it here is asked.
    this.#offer(routers, question.cause, settled, () => {
      const why = this.#judgeRequest(routers, question);
      return why === null ? null : { type: 'cannot', why };
    });
  }

  /**
   * Before the addresses come here: what is left of connections that ended here lately must not answer in
   * place of the peer's, whose clients may have used the same ports again. A slow kernel is not waited for.
   */
  #forget(routers: readonly RouterDriver[], then: () => void): void {
    const { census, clock } = this.#options.ports;
    if (census === undefined) {
      then();
      return;
    }
    let going = () => {
      going = () => {};
      timer.cancel();
      then();
    };
    const timer = clock.timer(clock.now() + forgetMicros, () => going());
    const addresses = routers.flatMap(({ config }) => heldAddresses(config));
    census.forget(addresses.map(({ address }) => address)).then(
      () => going(),
      () => going(),
    );
  }

  /** One negotiation of the same routers at a time; who comes later hears of its outcome, too. */
  #negotiate(
    routers: readonly RouterDriver[],
    settled: Settled,
    begin: (done: Settled) => void,
  ): void {
    const key = keyOf(routers);
    const waiting = this.#underWay.get(key);
    if (waiting !== undefined) {
      waiting.push(settled);
      return;
    }
    const all = [settled];
    this.#underWay.set(key, all);
    begin((refusal) => {
      this.#underWay.delete(key);
      for (const one of all) one(refusal);
    });
  }

  #ask(
    step: HandoverQuestion['step'],
    routers: readonly RouterDriver[],
    cause: HandoverCause,
    answered: Settled,
  ): void {
    const { peer } = this.#options.ports;
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
      if (answer?.type !== 'handover') {
        const ms = handoverMicros / 1000;
        answered({ type: 'no-answer', why: `the peer did not answer within ${ms} ms` });
      } else if (answer.granted) answered(null);
      else answered({ type: 'peer-refused', why: answer.reason ?? 'the peer does not say why' });
    });
  }

  /** The peer is ready. Why nothing was given after all; null: it was. */
  #give(
    routers: readonly RouterDriver[],
    cause: HandoverCause,
    objection: () => Refusal | null,
  ): Refusal | null {
    // Meanwhile the one that fell may have recovered, or the peer fallen.
    const refusal = objection();
    if (refusal !== null) return { type: 'overtaken', why: refusal.why };
    const why = this.#handOver(routers, cause);
    if (why !== null) return { type: 'overtaken', why };
    // Beside the resignation on the LAN, which may be lost.
    this.#ask('given', routers, cause, () => {});
    return null;
  }

  /** Why one of them did not resign after all: this host did not run, and its router sees that only now. */
  #handOver(routers: readonly RouterDriver[], cause: HandoverCause): string | null {
    const { input, membersOf } = this.#options;
    for (const router of routers) input(router, { type: 'hand-over', cause });
    const why = firstOf(routers, whyNotGiven);
    if (why !== null) return why;
    // Those of the group that cannot take part must not take it back when they can.
    for (const router of routers.slice(0, 1).flatMap((first) => membersOf(first))) {
      if (router.state.name === 'Initialize') input(router, { type: 'hand-over', cause });
    }
    return null;
  }

  #judgeOffer(routers: readonly RouterDriver[], question: HandoverQuestion): string | null {
    if (this.#options.leaving()) return 'the agent there is about to stop';
    const why = firstOf(routers, whyNotTake);
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
  return routers[0]?.config.name ?? '';
}

function firstOf(
  routers: readonly RouterDriver[],
  why: (router: RouterDriver) => string | null,
): string | null {
  for (const router of routers) {
    const found = why(router);
    if (found !== null) return found;
  }
  return null;
}
