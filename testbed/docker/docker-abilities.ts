/** What the Docker testbed can do besides breaking an edge: the same as the lab. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drillSettings } from '../drills/lab-place.ts';
import type {
  Abilities,
  DiskFaults,
  MemoryFaults,
  Operator,
  OriginFaults,
  PathFaults,
  TrackerFaults,
} from '../drills/place.ts';
import { address4, gatewayPlan, originPlans } from '../lab/address-plan.ts';
import { tandemConfig } from '../lab/stacks/tandem.ts';
import { containerOf, type Edge } from './edge.ts';
import { docker } from './engine.ts';

/** Does something to an edge that is not being taken down. */
export type DoToEdge = <Result>(
  name: string,
  work: (edge: Edge) => Promise<Result>,
) => Promise<Result>;

/** See the file's comment; `macs` are the edges' by name, kept up to date. */
export class DockerAbilities implements Partial<Abilities> {
  readonly origins: OriginFaults = originFaults;
  readonly paths: PathFaults;
  readonly operator: Operator;
  readonly trackers: TrackerFaults;
  readonly disks: DiskFaults;
  readonly memory: MemoryFaults;

  constructor(doTo: DoToEdge, macs: ReadonlyMap<string, string>, advertMs: number) {
    this.paths = pathFaults(doTo, macs);
    this.operator = {
      handOver: (edge) => doTo(edge, (it) => it.order(GIVE)),
      takeBack: (_, peer) => doTo(peer, (it) => it.order(GIVE)),
      reload: (edge, variant) =>
        doTo(edge, async (it) => {
          await it.configure(variant === 0 ? ownConfig : otherConfig(advertMs, variant));
          await it.order(['reload']);
        }),
      tellsDrift: (edge) =>
        doTo(edge, async (it) => (await it.status())?.pair?.node?.sameFile === false),
    };
    this.disks = {
      fill: (edge) => doTo(edge, (it) => it.fillDisk(true)),
      empty: (edge) => doTo(edge, (it) => it.fillDisk(false)),
    };
    this.memory = { eat: (edge) => doTo(edge, (it) => it.eatMemory()) };
    this.trackers = { failScript: (edge, fails) => doTo(edge, (it) => it.failScript(fails)) };
  }
}

const GIVE = ['handover', '--no-wait'];

/** What the edges were started with; a test keeps it equal to what the lab's edges are. */
const ownConfig = readFileSync(join(import.meta.dirname, 'tandem.yaml'), 'utf8');

const otherConfig = (advertMs: number, variant: number) =>
  tandemConfig(drillSettings(advertMs), variant);

const originFaults: OriginFaults = {
  names: originPlans.map(({ name }) => name),
  kill: (origin) => onOrigin(origin, 'kill'),
  start: (origin) => onOrigin(origin, 'start'),
  freeze: (origin) => onOrigin(origin, 'pause'),
  // One that is not paused is well.
  thaw: (origin) => onOrigin(origin, 'unpause').catch(() => {}),
};

async function onOrigin(origin: string, command: string): Promise<void> {
  await docker([command, containerOf(origin)]);
}

function pathFaults(doTo: DoToEdge, macs: ReadonlyMap<string, string>): PathFaults {
  const gateway = address4(gatewayPlan);
  const lose = (edge: string, matches: readonly string[] | null) =>
    doTo(edge, (it) => it.lose(matches));
  return {
    block: (from, to) => lose(to, [`ether saddr ${macs.get(from)}`]),
    // Docker's bridge, whose MAC address is its own affair.
    loseGateway: (edge) => lose(edge, [`ip saddr ${gateway}`, `arp saddr ip ${gateway}`]),
    async clear() {
      await Promise.all([...macs.keys()].map((edge) => lose(edge, null)));
    },
  };
}
