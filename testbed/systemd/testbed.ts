/** The systemd testbed: two hosts, two origins and a client on a Docker network of their own. */
import { join } from 'node:path';
import { demandEngine, docker, dockerExec } from '../docker/engine.ts';
import { AddressWatch } from '../lab/address-watch.ts';
import { Probe } from '../lab/probe.ts';
import type { ProbeMode } from '../lab/prober.ts';
import { limits } from './limits.ts';
import { Machine, names } from './machine.ts';
import { watchedContainer } from './watched-container.ts';

const LAB = join(import.meta.dirname, '..', 'lab');
const NODE = '/usr/lib/tandem/bin/node';

export const virtualAddress = '198.51.100.100';
const EDGES = { 'edge-a': '198.51.100.11', 'edge-b': '198.51.100.12' } as const;
const ORIGINS = { 'origin-1': '198.51.100.21', 'origin-2': '198.51.100.22' } as const;
const CLIENT = '198.51.100.50';
const SUBNET = ['--subnet', '198.51.100.0/24', '--gateway', '198.51.100.1'];

/** Everything that was started; {@link Testbed.close} removes it. */
export class Testbed {
  readonly edges: readonly [Machine, Machine];
  readonly watch: AddressWatch;
  readonly #client: Machine;

  private constructor(edges: [Machine, Machine], client: Machine, watch: AddressWatch) {
    this.edges = edges;
    this.#client = client;
    this.watch = watch;
  }

  /**
   * Boots it. `deb` is a package of which origins and client take the Node.js; the hosts are left as
   * they are. Rejects, with nothing left, when there is no engine or a container does not come up.
   */
  static async boot(deb: string, onStep: (text: string) => void): Promise<Testbed> {
    await demandEngine();
    await Testbed.remove();
    try {
      onStep('building the image');
      await docker(['build', '--tag', names.image, '--target', 'machine', import.meta.dirname], {
        timeoutMs: limits.installTimeoutMs,
      });
      onStep('booting two hosts, two origins, a client');
      const network = ['network', 'create', '--label', names.label, ...SUBNET, names.network];
      await docker(network);
      const [edgeA, edgeB] = await Promise.all(
        Object.entries(EDGES).map(([name, address]) => Machine.start(name, address, true)),
      );
      const origins = Object.entries(ORIGINS).map(([name, address]) => origin(name, address, deb));
      const client = await Machine.start('client', CLIENT, false);
      await Promise.all([
        edgeA!.untilBooted(),
        edgeB!.untilBooted(),
        equip(client, deb),
        ...origins,
      ]);
      const watched = [edgeA!, edgeB!].map((edge) =>
        watchedContainer(edge.name, edge.container, virtualAddress, 'root', () =>
          watch.note(edge.name, false),
        ),
      );
      const watch: AddressWatch = await AddressWatch.start(watched, virtualAddress);
      return new Testbed([edgeA!, edgeB!], client, watch);
    } catch (error) {
      await Testbed.remove();
      throw error;
    }
  }

  /** A client that asks at a steady rate, whatever becomes of the answers. */
  probe(mode: ProbeMode): Promise<Probe> {
    const start = (argument: string) =>
      dockerExec(this.#client.container, 'root', [NODE, '/opt/lab/prober.ts', argument]);
    const durationMs = limits.probeMaxMs;
    return Probe.start(start, { mode, address: virtualAddress, port: 80, everyMs: 10, durationMs });
  }

  /** Resolves when this host, and no other, holds the address; rejects after the timeout. */
  async untilHeldBy(edge: Machine, timeoutMs: number): Promise<void> {
    await this.watch.until(
      ([first, ...others]) => first === edge.name && others.length === 0,
      timeoutMs,
    );
  }

  async close(): Promise<void> {
    this.watch.close();
    await Testbed.remove();
  }

  /** Also what an earlier drill left that was killed. */
  static async remove(): Promise<void> {
    const filter = ['--filter', `label=${names.label}`];
    const containers = lines(await docker(['ps', '--all', '--quiet', ...filter]));
    if (containers.length > 0) await docker(['rm', '--force', '--volumes', ...containers]);
    const networks = lines(await docker(['network', 'ls', '--quiet', ...filter]));
    if (networks.length > 0) await docker(['network', 'rm', ...networks]);
  }
}

async function origin(name: string, address: string, deb: string): Promise<void> {
  const machine = await Machine.start(name, address, false);
  await equip(machine, deb);
  const program = [NODE, '/opt/lab/origin.ts', name];
  await docker(['exec', '--detach', machine.container, ...program]);
}

/** Node.js out of the package, and the programs of the lab. */
async function equip(machine: Machine, deb: string): Promise<void> {
  await machine.copy(deb, '/opt/tandem.deb');
  await machine.copy(LAB, '/opt/lab');
  await machine.exec(['dpkg', '--extract', '/opt/tandem.deb', '/'], {
    timeoutMs: limits.installTimeoutMs,
  });
}

function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
