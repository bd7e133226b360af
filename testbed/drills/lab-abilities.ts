/** What the lab can do besides breaking an edge: to what is around it, inside it, and as an operator. */
import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { edgeA, edgeB, gatewayPlan, macAddress, originPlans } from '../lab/address-plan.ts';
import { STATE_DIR } from '../lab/host.ts';
import type { Lab } from '../lab/lab.ts';
import { startNodeOrigin } from '../lab/stacks/origins.ts';
import { failScript, type PairSettings, type Stack } from '../lab/stacks/stack.ts';
import type {
  Abilities,
  ClockFaults,
  DiskFaults,
  Operator,
  OriginFaults,
  PathFaults,
  TrackerFaults,
} from './place.ts';

/** Stops an edge and starts it again, with this added to the environment of what runs there. */
export type Restart = (edge: string, env: Readonly<Record<string, string>>) => Promise<void>;

/** See the file's comment. A host of the lab has no memory of its own. */
export class LabAbilities implements Omit<Abilities, 'memory' | 'clocks'> {
  readonly origins: OriginFaults;
  readonly paths: PathFaults;
  readonly operator: Operator;
  readonly trackers: TrackerFaults;
  readonly clocks: ClockFaults | undefined;
  readonly disks: DiskFaults;

  constructor(lab: Lab, stack: Stack, settings: PairSettings, restart: Restart) {
    this.origins = originFaults(lab);
    this.paths = pathFaults(lab);
    this.operator = {
      handOver: (edge) => stack.handOver(lab.host(edge)),
      takeBack: (edge, peer) => stack.takeBack(lab.host(edge), lab.host(peer)),
      reload: (edge, variant) => stack.reload(lab.host(edge), settings, variant),
      tellsDrift:
        stack.tellsDrift === undefined ? undefined : (edge) => stack.tellsDrift!(lab.host(edge)),
    };
    this.clocks = clockFaults(lab, restart);
    this.disks = diskFaults(lab);
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

/** With libfaketime, where it is installed: the wall clock is every host's, and no namespace has one. */
function clockFaults(lab: Lab, restart: Restart): ClockFaults | undefined {
  const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
  if (library === undefined) return undefined;
  const fileOf = (edge: string) => join(lab.host(edge).folder, 'clock');
  const set = (edge: string, seconds: number) =>
    writeFileSync(fileOf(edge), `${seconds < 0 ? '' : '+'}${seconds}\n`);
  return {
    async replace(edge) {
      set(edge, 0);
      await restart(edge, {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: fileOf(edge),
        FAKETIME_CACHE_DURATION: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      });
    },
    restore: (edge) => restart(edge, {}),
    async set(edge, seconds) {
      set(edge, seconds);
    },
  };
}

function diskFaults(lab: Lab): DiskFaults {
  const sh = async (edge: string, script: string) => {
    await lab.host(edge).exec(['sh', '-ec', script]);
  };
  const mount = `mount -t tmpfs -o size=64k full ${STATE_DIR}`;
  return {
    // Another file system in its place, which is full: the lab's own is all hosts'.
    fill: (edge) =>
      sh(edge, `mkdir -p ${STATE_DIR}; ${mount}; ! head -c 1M /dev/zero > ${STATE_DIR}/full`),
    empty: (edge) => sh(edge, `umount --lazy ${STATE_DIR}`),
  };
}
