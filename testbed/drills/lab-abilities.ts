/** What the lab can do besides breaking an edge: to origins, to paths, with trackers, as an operator. */
import { edgeA, edgeB, gatewayPlan, macAddress, originPlans } from '../lab/address-plan.ts';
import type { Lab } from '../lab/lab.ts';
import { startNodeOrigin } from '../lab/stacks/origins.ts';
import { failScript, type PairSettings, type Stack } from '../lab/stacks/stack.ts';
import type { Abilities, Operator, OriginFaults, PathFaults, TrackerFaults } from './place.ts';

/** See the file's comment. */
export class LabAbilities implements Abilities {
  readonly origins: OriginFaults;
  readonly paths: PathFaults;
  readonly operator: Operator;
  readonly trackers: TrackerFaults;

  constructor(lab: Lab, stack: Stack, settings: PairSettings) {
    this.origins = originFaults(lab);
    this.paths = pathFaults(lab);
    this.operator = {
      handOver: (edge) => stack.handOver(lab.host(edge)),
      takeBack: (edge, peer) => stack.takeBack(lab.host(edge), lab.host(peer)),
      reload: (edge, variant) => stack.reload(lab.host(edge), settings, variant),
    };
    this.trackers = {
      failScript: async (edge, fails) => failScript(lab.host(edge), fails),
    };
  }
}

function originFaults(lab: Lab): OriginFaults {
  const send = async (origin: string, signal: NodeJS.Signals) => {
    lab.host(origin).signal(signal);
  };
  return {
    names: originPlans.map(({ name }) => name),
    kill: (origin) => lab.host(origin).killAll(),
    start: async (origin) => {
      await startNodeOrigin(lab.host(origin));
    },
    freeze: (origin) => send(origin, 'SIGSTOP'),
    thaw: (origin) => send(origin, 'SIGCONT'),
  };
}

function pathFaults(lab: Lab): PathFaults {
  const edges = [edgeA, edgeB];
  const planOf = (name: string) => [...edges, gatewayPlan].find((plan) => plan.name === name)!;
  const block = async (from: string, to: string) => {
    const match = `ether saddr ${macAddress(planOf(from))}`;
    await lab.lose(to, [{ direction: 'received', percent: 100, match }]);
  };
  return {
    block,
    loseGateway: (edge) => block(gatewayPlan.name, edge),
    async clear() {
      await Promise.all(edges.map(({ name }) => lab.lose(name, [])));
    },
  };
}
