import { formatIp } from '../../src/os/ip-address.ts';
import type { Handovers } from '../handover/handovers.ts';
import { heldAddresses } from '../holdings/address-keeper.ts';
import { peerReasonCharsMax, peerReasonsMax } from '../limits.ts';
import type { RouterDriver } from '../router-driver.ts';
import type { AddressResolver } from './address-resolver.ts';
import type {
  PeerAnswer,
  PeerDesk,
  PeerQuestion,
  PeerReport,
  PeerRouterReport,
} from './peer-port.ts';
import type { Witness } from './witness.ts';

/** What this agent tells the other one, out of what its virtual routers are right now. */
export class AgentDesk implements PeerDesk {
  readonly #routers: () => readonly RouterDriver[];
  readonly #witness: (router: string) => Witness | undefined;
  readonly #resolver: AddressResolver;
  readonly #handovers: Handovers;

  /** `routers`: as they are whenever somebody asks; `witness`: of the router of that name. */
  constructor(
    routers: () => readonly RouterDriver[],
    witness: (router: string) => Witness | undefined,
    resolver: AddressResolver,
    handovers: Handovers,
  ) {
    this.#resolver = resolver;
    this.#handovers = handovers;
    this.#routers = routers;
    this.#witness = witness;
  }

  report(): PeerReport {
    return { routers: this.#routers().map((router) => this.#reportOf(router)) };
  }

  answer(question: PeerQuestion, respond: (answer: PeerAnswer) => void): void {
    if (question.type === 'handover') {
      this.#handovers.answer(question, (answer) => respond(shortened(answer)));
      return;
    }
    const router = this.#routers().find(({ config }) => config.name === question.router);
    // The files differ: about a router that is unknown here there is nothing to say.
    if (router === undefined) return;
    if (question.type === 'resolve') {
      this.#resolve(router, respond);
      return;
    }
    const answer = (witness: boolean) => respond(holderOf(router, witness));
    const witness = this.#witness(question.router);
    if (witness === undefined || !holdsLease(router)) answer(false);
    else witness.ask(answer);
  }

  heard(report: PeerReport | null): void {
    this.#handovers.heard(report);
  }

  #resolve({ config }: RouterDriver, respond: (answer: PeerAnswer) => void): void {
    const never = this.#routers().flatMap((one) => heldAddresses(one.config).map((a) => a.address));
    const addresses = config.addresses.map(({ address }) => address);
    this.#resolver.resolve({ interface: config.interface, addresses, never }, (resolved) =>
      respond({ type: 'resolve', resolved }),
    );
  }

  #reportOf(router: RouterDriver): PeerRouterReport {
    const { config, state, readings } = router;
    const counting = readings.filter(({ effect }) => effect.type !== 'none');
    const witness = this.#witness(config.name)?.status().answers;
    const source = router.sourceAddress();
    const handover = this.#handovers.reportOf(router, source === null ? null : formatIp(source));
    return {
      name: config.name,
      state: state.name,
      priority: state.standing.priority,
      configured: config.priority,
      reasons: counting.slice(0, peerReasonsMax).map(({ kind, name, reason }) => {
        return printable(`${kind === name ? kind : `${kind} ${name}`}: ${reason}`);
      }),
      leaseArmed: holdsLease(router),
      witness: witness ?? null,
      ...(handover === null ? {} : { handover }),
    };
  }
}

function holderOf(router: RouterDriver, witness: boolean): PeerAnswer {
  const { name: state, standing } = router.state;
  // Only the kernel knows whether the lease has lapsed meanwhile.
  const leaseArmed = holdsLease(router) && router.lease.speaks();
  return { type: 'holder', state, priority: standing.priority, leaseArmed, witness };
}

/** As far as this process knows. */
function holdsLease({ lease, state }: RouterDriver): boolean {
  return lease.open && state.name === 'Active' && state.lookAroundUntil === null;
}

/** What the kernel says in a refusal may have several lines; the peer takes one that is not too long. */
function shortened(answer: PeerAnswer): PeerAnswer {
  if (answer.type !== 'handover' || answer.reason === null) return answer;
  return { ...answer, reason: printable(answer.reason) };
}

/** Output of scripts gets into reasons; on the other host it goes to a terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, peerReasonCharsMax);
}
