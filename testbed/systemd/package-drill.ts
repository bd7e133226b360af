/**
 * `npm run drill -- package`: installs the Debian package on two hosts that boot systemd, and does to them
 * what operators and accidents do. One pair goes through all of it, in this order.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Architecture } from '../../scripts/package/control.ts';
import { buildPackage } from '../../scripts/package/main.ts';
import type { ProbeReport } from '../lab/probe-report.ts';
import { limits } from './limits.ts';
import type { Machine } from './machine.ts';
import { Testbed } from './testbed.ts';

export const packageUsage = 'npm run drill -- package';

const root = join(import.meta.dirname, '..', '..');
const UNITS = ['tandem-proxy.service', 'tandem-keepalive.service'] as const;
const CONFIG = '/etc/tandem/tandem.yaml';

/** The package, and a newer one of the same program. */
interface Packages {
  readonly first: string;
  readonly second: string;
}

interface Scene {
  readonly name: string;
  /** Does it and returns what was seen; rejects when it is not what was promised. */
  run(bed: Testbed, packages: Packages): Promise<string>;
}

const scenes: readonly Scene[] = [
  {
    name: 'install',
    async run({ edges }, { first }) {
      for (const edge of edges) {
        await install(edge, first);
        await edge.exec(['getent', 'passwd', 'tandem']);
        await edge.exec(['runuser', '-u', 'tandem', '--', 'test', '-w', '/var/log/tandem']);
        for (const unit of UNITS) await expectState(edge, unit, 'inactive');
        const { stderr } = await edge.attempt(['tandem', 'check']);
        if (!stderr.includes('is empty but for comments')) throw new Error(`check: ${stderr}`);
      }
      return `${(await edges[0].exec(['tandem', 'version'])).trim()}; nothing was started`;
    },
  },
  {
    name: 'start, sandboxed',
    async run({ edges }) {
      const secret = randomBytes(32).toString('hex');
      const exposures = new Set<string>();
      for (const edge of edges) {
        await edge.write(CONFIG, readFileSync(join(import.meta.dirname, 'tandem.yaml'), 'utf8'));
        await edge.write('/etc/tandem/pair.secret', secret);
        await edge.exec(['chgrp', 'tandem', '/etc/tandem/pair.secret']);
        await edge.exec(['chmod', '0640', '/etc/tandem/pair.secret']);
        await edge.exec(['tandem', 'check']);
        await edge.exec(['systemctl', 'enable', '--now', 'tandem.target']);
        for (const unit of UNITS) {
          await expectState(edge, unit, 'active');
          exposures.add(`${unit} ${await exposure(edge, unit)}`);
        }
      }
      return [...exposures].join(', ');
    },
  },
  {
    name: 'elect',
    async run(bed) {
      await bed.untilHeldBy(bed.edges[0], limits.electTimeoutMs);
      const probe = await bed.probe('http');
      await delay(limits.quietMs);
      return nothingLost(await probe.stop());
    },
  },
  {
    name: 'SIGKILL to the balancer',
    run: (bed) => fault(bed, (edge) => kill(edge, 'tandem-proxy.service')),
  },
  {
    name: 'SIGKILL to the agent',
    run: (bed) => fault(bed, (edge) => kill(edge, 'tandem-keepalive.service')),
  },
  {
    name: 'poweroff -f',
    run: (bed) =>
      fault(
        bed,
        (edge) => edge.powerOff(),
        async (edge) => {
          await edge.powerOn();
          await bed.watch.follow(edge.name);
        },
      ),
  },
  {
    name: 'upgrade of both hosts',
    async run(bed, { second }) {
      const [preferred, other] = bed.edges;
      const probe = await bed.probe('http');
      await delay(limits.quietMs);
      for (const edge of [preferred, other]) {
        const before = await processes(edge);
        const away = edge === preferred ? bed.untilHeldBy(other, limits.installTimeoutMs) : null;
        await Promise.all([install(edge, second), away]);
        await bed.untilHeldBy(preferred, limits.recoveryTimeoutMs);
        for (const unit of UNITS) await expectState(edge, unit, 'active');
        const same = (await processes(edge)).filter((id) => before.includes(id));
        if (same.length > 0) throw new Error(`${edge.name}: not restarted: ${same.join(' ')}`);
      }
      await delay(limits.quietMs);
      return nothingLost(await probe.stop());
    },
  },
  {
    name: 'an upgrade that finds a wrong file',
    async run(bed, { first }) {
      const [preferred, other] = bed.edges;
      const good = await preferred.exec(['cat', CONFIG]);
      const probe = await bed.probe('http');
      await preferred.write(CONFIG, `${good}\nnothing: of ours\n`);
      const refused = await install(preferred, first).then(
        () => '',
        (error: Error) => error.message,
      );
      if (!refused.includes('it did not start again'))
        throw new Error(`dpkg: ${refused || 'fine'}`);
      await bed.untilHeldBy(other, limits.takeoverTimeoutMs);
      await preferred.write(CONFIG, good);
      await preferred.exec(['dpkg', '--configure', '-a'], { timeoutMs: limits.installTimeoutMs });
      await bed.untilHeldBy(preferred, limits.recoveryTimeoutMs);
      return `dpkg fails, and ends well with the mended file; ${nothingLost(await probe.stop())}`;
    },
  },
  {
    name: 'remove and purge',
    async run(bed) {
      const [preferred, other] = bed.edges;
      const probe = await bed.probe('http');
      await preferred.exec(['dpkg', '--remove', 'tandem'], { timeoutMs: limits.installTimeoutMs });
      await bed.untilHeldBy(other, limits.takeoverTimeoutMs);
      const seen = nothingLost(await probe.stop());
      await preferred.exec(['test', '-f', CONFIG]);
      await preferred.exec(['dpkg', '--purge', 'tandem']);
      const left = await preferred.exec([
        ...['find', '/usr', '/etc', '/var', '/run', '-name', '*tandem*'],
        ...['-not', '-path', '/var/lib/systemd/*', '-not', '-name', 'machine*'],
      ]);
      const ours = left.trim().split('\n').filter(Boolean);
      // The secret is the operator's, and with it its folder; the file it is in is no name of ours.
      if (ours.join() !== '/etc/tandem') throw new Error(`left behind: ${ours.join(' ')}`);
      return `${seen}; only /etc/tandem/pair.secret is left`;
    },
  },
];

/** Installs a package as an operator does, with dpkg. */
async function install(edge: Machine, deb: string): Promise<void> {
  await edge.copy(deb, '/opt/tandem.deb');
  await edge.exec(['dpkg', '--install', '/opt/tandem.deb'], { timeoutMs: limits.installTimeoutMs });
}

/** Ids of the main processes of both units. */
async function processes(edge: Machine): Promise<readonly string[]> {
  const shown = await edge.exec(['systemctl', 'show', '--property=MainPID', '--value', ...UNITS]);
  return shown.split('\n').filter(Boolean);
}

async function expectState(edge: Machine, unit: string, state: string): Promise<void> {
  const found = (await edge.attempt(['systemctl', 'is-active', unit])).stdout.trim();
  if (found !== state) throw new Error(`${edge.name}: ${unit} is ${found}, not ${state}`);
}

/** What `systemd-analyze security` finds open, of 10; rejects when it is too much. */
async function exposure(edge: Machine, unit: string): Promise<number> {
  const { stdout } = await edge.attempt(['systemd-analyze', 'security', '--no-pager', unit]);
  const found = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1];
  if (found !== undefined && Number(found) <= limits.exposureMax) return Number(found);
  throw new Error(`${edge.name}: ${unit} has an exposure of ${found ?? `?: ${stdout}`}`);
}

async function kill(edge: Machine, unit: string): Promise<void> {
  await edge.exec(['systemctl', 'kill', '--signal', 'KILL', unit]);
}

/** The Active host suffers something: the other takes over, and it comes back by itself or by `mend`. */
async function fault(
  bed: Testbed,
  act: (edge: Machine) => Promise<void>,
  mend: (edge: Machine) => Promise<void> = async () => {},
): Promise<string> {
  const [preferred, other] = bed.edges;
  const probe = await bed.probe('http');
  await delay(limits.quietMs);
  const taken = bed.untilHeldBy(other, limits.takeoverTimeoutMs);
  await act(preferred);
  await taken;
  await mend(preferred);
  await bed.untilHeldBy(preferred, limits.recoveryTimeoutMs);
  await delay(limits.quietMs);
  for (const unit of UNITS) await expectState(preferred, unit, 'active');
  const report = await probe.stop();
  const seen = `outage ${Math.round(report.longestGapMs)} ms, ${report.failed} of ${report.attempts} requests failed`;
  if (report.longestGapMs > limits.outageMaxMs) throw new Error(seen);
  return `${seen}; back at ${preferred.name}`;
}

function nothingLost({ attempts, failed, failures }: ProbeReport): string {
  if (failed === 0) return `${attempts} requests, 0 failed`;
  throw new Error(`${failed} of ${attempts} requests failed: ${JSON.stringify(failures)}`);
}

/** Status 0: every scene went as promised. 1: one did not; those after it are not run. */
export async function packageDrill(): Promise<number> {
  const folder = join(root, 'dist', 'package');
  const arch = process.arch as Architecture;
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  console.log('building the package, and a newer one');
  const [first, second] = [1, 2].map((revision) =>
    buildPackage({ version, revision, arch }, folder, { fast: true }),
  );
  const ended = endOnSignal();
  let bed: Testbed | null = null;
  try {
    bed = await Testbed.boot(first!, (text) => console.log(text));
    for (const scene of scenes) {
      const seen = await scene.run(bed, { first: first!, second: second! });
      console.log(`  ${scene.name}: ${seen}`);
    }
    return 0;
  } catch (error) {
    console.log(`MISSED: ${(error as Error).message}`);
    for (const edge of bed?.edges ?? []) console.log(await edge.logs());
    return 1;
  } finally {
    ended();
    await bed?.close();
  }
}

/** Ctrl-C and SIGTERM take the hosts down before they end this process. */
function endOnSignal(): () => void {
  const end = (signal: NodeJS.Signals) => {
    Testbed.remove().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  return () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end);
  };
}
