/** The Docker testbed as a place for drills: the same faults, done to containers. */
import type { Place } from '../drills/place.ts';
import { virtualAddress4 } from '../lab/address-plan.ts';
import { AddressWatch } from '../lab/address-watch.ts';
import { Probe } from '../lab/probe.ts';
import type { ProbeOptions } from '../lab/prober.ts';
import type { Half } from '../lab/stacks/stack.ts';
import { compose, container, docker, dockerExec } from './docker.ts';
import { stageContext } from './stage.ts';

const EDGES = ['edge-a', 'edge-b'] as const;
const NETWORK = 'tandem-testbed';
const EDGE_ADDRESSES: Readonly<Record<string, string>> = {
  'edge-a': '198.51.100.11',
  'edge-b': '198.51.100.12',
};
const PROBER = '/opt/tandem/testbed/lab/prober.ts';
/** The interval in tandem.yaml: without real-time priority in containers, 100 ms is the floor. */
const ADVERT_MS = 100;
/** A stopping edge gets this long before Docker kills it. */
const STOP_SECONDS = 20;

/** SIGKILLs what matches in the container; the slim image has no pkill. */
const KILL = `
for process in /proc/[0-9]*; do
  tr '\\0' ' ' <"$process/cmdline" 2>/dev/null | grep -Eq "$1" && kill -9 "\${process#/proc/}" && found=1
done
test -n "$found"`;
const HALVES: Readonly<Record<Half, string>> = {
  keepalive: '(launcher.js|^tandem) keepalive',
  proxy: '(launcher.js|^tandem) proxy',
};

/** The running Compose project; {@link DockerPlace.close} removes it. */
export class DockerPlace implements Place {
  readonly kind = 'docker';
  readonly stack = 'tandem';
  readonly edges = EDGES;
  readonly address = virtualAddress4;
  readonly advertMs = ADVERT_MS;
  readonly tcp = true;
  readonly watch: AddressWatch;

  private constructor(watch: AddressWatch) {
    this.watch = watch;
  }

  /** Builds the image and brings the project up. Nothing is left when it rejects. */
  static async boot(): Promise<DockerPlace> {
    stageContext();
    try {
      await compose(['build']);
      await compose(['up', '-d']);
      const watched = EDGES.map((name) => ({
        name,
        monitor: () => dockerExec(name, ['ip', '-o', 'monitor', 'address']),
        addresses: () => addressesOf(name),
      }));
      return new DockerPlace(await AddressWatch.start(watched, virtualAddress4));
    } catch (error) {
      const logs = await edgeLogs();
      await down();
      throw new Error(`${(error as Error).message}\n${logs}`);
    }
  }

  async crash(edge: string): Promise<void> {
    await docker(['kill', '--signal', 'KILL', container(edge)]);
    this.watch.note(edge, false);
  }

  async start(edge: string): Promise<void> {
    await docker(['start', container(edge)]);
    await this.watch.follow(edge);
  }

  async stop(edge: string): Promise<void> {
    await docker(['stop', '--time', `${STOP_SECONDS}`, container(edge)]);
    this.watch.note(edge, false);
  }

  async cut(edge: string): Promise<void> {
    await docker(['network', 'disconnect', '--force', NETWORK, container(edge)]);
  }

  async heal(edge: string): Promise<void> {
    const address = EDGE_ADDRESSES[edge]!;
    await docker(['network', 'connect', '--ip', address, NETWORK, container(edge)]);
  }

  async freeze(edge: string): Promise<void> {
    await docker(['pause', container(edge)]);
  }

  async thaw(edge: string): Promise<void> {
    await docker(['unpause', container(edge)]);
  }

  async kill(edge: string, half: Half): Promise<void> {
    await docker(['exec', container(edge), 'sh', '-c', KILL, 'kill', HALVES[half]]);
  }

  probe(options: Omit<ProbeOptions, 'address'>): Promise<Probe> {
    const start = (argument: string) => dockerExec('client', ['node', PROBER, argument]);
    return Probe.start(start, { ...options, address: this.address });
  }

  logs(): Promise<string> {
    return edgeLogs();
  }

  async close(): Promise<void> {
    this.watch.close();
    await down();
  }
}

async function addressesOf(edge: string): Promise<readonly string[]> {
  const listing = await docker(['exec', container(edge), 'ip', '-j', 'address']);
  const links = JSON.parse(listing) as { addr_info: { local: string }[] }[];
  return links.flatMap((link) => link.addr_info.map((entry) => entry.local));
}

function edgeLogs(): Promise<string> {
  return compose(['logs', '--no-color', '--tail', '20', ...EDGES]).catch(
    (error: Error) => `no logs: ${error.message}`,
  );
}

async function down(): Promise<void> {
  await compose(['down', '--volumes', '--remove-orphans', '--timeout', '2']);
}
