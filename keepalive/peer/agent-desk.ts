import { peerReasonCharsMax, peerReasonsMax } from '../limits.ts';
import type { RouterDriver } from '../router-driver.ts';
import type {
  PeerAnswer,
  PeerDesk,
  PeerQuestion,
  PeerReport,
  PeerRouterReport,
} from './peer-port.ts';

/** What this agent tells the other one, out of what its virtual routers are right now. */
export class AgentDesk implements PeerDesk {
  readonly #routers: () => readonly RouterDriver[];

  /** `routers`: as they are whenever somebody asks. */
  constructor(routers: () => readonly RouterDriver[]) {
    this.#routers = routers;
  }

  report(): PeerReport {
    return { routers: this.#routers().map(reportOf) };
  }

  answer(question: PeerQuestion, respond: (answer: PeerAnswer) => void): void {
    const router = this.#routers().find(({ config }) => config.name === question.router);
    // The files differ: about a router that is unknown here there is nothing to say.
    if (router === undefined) return;
    const { name: state, standing } = router.state;
    respond({
      type: 'holder',
      state,
      priority: standing.priority,
      // Only the kernel knows whether the lease has lapsed meanwhile.
      leaseArmed: holdsLease(router) && router.lease.speaks(),
    });
  }
}

function reportOf(router: RouterDriver): PeerRouterReport {
  const { config, state, readings } = router;
  const counting = readings.filter(({ effect }) => effect.type !== 'none');
  return {
    name: config.name,
    state: state.name,
    priority: state.standing.priority,
    configured: config.priority,
    reasons: counting.slice(0, peerReasonsMax).map(({ kind, name, reason }) => {
      return printable(`${kind === name ? kind : `${kind} ${name}`}: ${reason}`);
    }),
    leaseArmed: holdsLease(router),
  };
}

/** As far as this process knows. */
function holdsLease({ lease, state }: RouterDriver): boolean {
  return lease.open && state.name === 'Active' && state.lookAroundUntil === null;
}

/** Output of scripts gets into reasons; on the other host it goes to a terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, peerReasonCharsMax);
}
