/**
 * Our BFD with the two implementations that Debian has beside routers' own: BIRD (bird2), over both
 * families, and keepalived, there as the whole peer with VRRP too.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { edgeA, edgeB, virtualAddress4 } from './address-plan.ts';
import { ADVERT_MS, paced, sessionUntil, startAgent, VRID } from './bfd.case.ts';
import type { Host, LabProcess } from './host.ts';
import { Lab } from './lab.ts';
import { logged } from './log-line.ts';
import { monotonicMs } from './monotonic.ts';
import { findProgram, lacks } from './requirements.ts';
import { waitUntil } from './wait-until.ts';

/** Of the lab's hosts; the addresses follow from their MAC addresses. */
const ADDRESSES = {
  IPv4: { ours: '198.51.100.11', theirs: '198.51.100.12' },
  IPv6: { ours: 'fe80::ff:fe00:b', theirs: 'fe80::ff:fe00:c' },
} as const;
/** Detection within 3 x 20 ms, a skew, and what a busy machine adds. */
const TAKEOVER_MS = 300;

let lab: Lab | null = null;

afterEach(async () => {
  await lab?.close();
  lab = null;
});

function startBird(host: Host, ours: string): LabProcess {
  const file = join(host.folder, 'bird.conf');
  writeFileSync(
    file,
    `log stderr all;
router id 198.51.100.12;
protocol device { }
protocol bfd {
  interface "eth0" {
    min rx interval 20 ms;
    min tx interval 20 ms;
    idle tx interval 300 ms;
    multiplier 4;
  };
  neighbor ${ours} dev "eth0";
}
`,
  );
  return host.spawn(['bird', '-f', '-c', file, '-s', '/run/bird.ctl', '-P', '/run/bird.pid']);
}

/** BIRD's view of its one session: `Up 0.020 0.060` (state, interval, timeout). */
async function birdSession(host: Host): Promise<string> {
  const argv = ['birdc', '-s', '/run/bird.ctl', 'show', 'bfd', 'sessions'];
  const { stdout } = await host.attempt(argv);
  const match = /eth0\s+(\w+)\s+\S+\s+([\d.]+)\s+([\d.]+)/.exec(stdout);
  return match === null ? stdout : match.slice(1).join(' ');
}

describe.skipIf(lacks('BFD with BIRD', ['bird'])).each(['IPv4', 'IPv6'] as const)(
  'BIRD (bird2) over %s',
  (family) => {
    const { ours, theirs } = ADDRESSES[family];

    test('comes up, agrees on the slower pace, is lost, returns, and hears us leave', async () => {
      lab = await Lab.create({ hosts: [edgeA, edgeB] });
      const [host, peer] = [lab.host('edge-a'), lab.host('edge-b')];
      const bird = startBird(peer, ours);
      const bfd = `{ peer: "${theirs}", interval: 10ms }`;
      const agent = startAgent(host, { bfd, family: family === 'IPv4' ? 4 : 6, alone: true });
      const up = await sessionUntil(host, 'is up', paced);
      // Its own pace is the slower one, and its multiplier counts for us as ours for it.
      expect(up).toMatchObject({ peer: theirs, transmitMs: 20, receiveMs: 20, detectMs: 80 });
      expect(await birdSession(peer)).toBe('Up 0.020 0.060');

      bird.child.kill('SIGSTOP');
      const lost = await sessionUntil(host, 'is lost', ({ state }) => state === 'Down');
      expect(lost).toMatchObject({
        diagnostic: 'control detection time expired',
        statistics: { lost: 1, formatErrors: 0, authenticationErrors: 0 },
      });
      expect(lost.lastDown?.why).toMatch(/^nothing heard for (8|9|1\d)\d ms$/);
      bird.child.kill('SIGCONT');
      const again = await sessionUntil(host, 'is up again', paced);
      expect(again.statistics).toMatchObject({ becameUp: 2, lost: 1 });

      agent.child.kill('SIGTERM');
      expect(await agent.exited).toBe(0);
      const down = async () => (await birdSession(peer)).startsWith('Down');
      await waitUntil('BIRD sees the session down', down, 5_000);
    });
  },
);

function startKeepalived(host: Host): LabProcess {
  const file = join(host.folder, 'keepalived.conf');
  writeFileSync(
    file,
    `global_defs {
  vrrp_version 3
}
bfd_instance tandem {
  neighbor_ip ${ADDRESSES.IPv4.ours}
  source_ip ${ADDRESSES.IPv4.theirs}
  min_rx 20
  min_tx 20
  idle_tx 300
  multiplier 3
}
vrrp_instance web {
  interface eth0
  virtual_router_id ${VRID}
  priority 250
  advert_int ${ADVERT_MS / 1000}
  virtual_ipaddress {
    ${virtualAddress4}/24
  }
}
`,
  );
  const pids = ['vrrp', 'bfd', 'main'].map((half) => `/run/keepalived-${half}.pid`);
  const pidFiles = ['-p', pids[2]!, '-r', pids[0]!, '-b', pids[1]!];
  return host.spawn(['keepalived', '-n', '-l', '-D', '-f', file, ...pidFiles]);
}

/** Some distributions build it without BFD. */
function lacksBfd(): boolean {
  if (lacks('BFD with keepalived', ['keepalived'])) return true;
  const has = readFileSync(findProgram('keepalived')!).includes('bfd_instance');
  if (!has) console.warn('BFD with keepalived: skipped, this keepalived was built without it');
  return !has;
}

describe.skipIf(lacksBfd())('keepalived with bfd_instance', () => {
  test('is the better router; when its host is gone we take over at the pace of BFD', async () => {
    lab = await Lab.create({ hosts: [edgeA, edgeB] });
    const watch = await lab.watch(virtualAddress4, [edgeA.name, edgeB.name]);
    const [host, peer] = [lab.host('edge-a'), lab.host('edge-b')];
    startKeepalived(peer);
    const bfd = `{ peer: ${ADDRESSES.IPv4.theirs}, interval: 10ms }`;
    const agent = startAgent(host, { bfd, alone: true });
    const up = await sessionUntil(host, 'is up', paced, 20_000);
    expect(up).toMatchObject({ transmitMs: 20, receiveMs: 20, detectMs: 60 });
    await watch.until((holders) => holders.join() === 'edge-b', 15_000);

    const crashedAt = monotonicMs();
    await lab.crash('edge-b');
    const took = (await watch.until((holders) => holders.join() === 'edge-a', 5_000)) - crashedAt;
    expect(took).toBeLessThan(TAKEOVER_MS);
    await logged(agent, /Backup to Active: BFD lost 198\.51\.100\.12: no sign of it/);
  });
});
