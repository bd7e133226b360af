/** Two of our agents that are connected over two cables, as `tandem status` shows them. */
import { afterEach, expect, test } from 'vitest';
import { virtualAddress4 } from './address-plan.ts';
import type { AddressWatch } from './address-watch.ts';
import type { LabProcess } from './host.ts';
import { Lab } from './lab.ts';
import { logged } from './log-line.ts';
import { agentUntil, type PairSetup, pairedEdges, startPaired } from './pair.case.ts';

let lab: Lab | null = null;

afterEach(async () => {
  await lab?.close();
  lab = null;
});

interface Started {
  readonly lab: Lab;
  readonly watch: AddressWatch;
  readonly a: LabProcess;
  readonly b: LabProcess;
}

/** edge-a is Active. */
async function start(forA: PairSetup = {}, forB: PairSetup = {}): Promise<Started> {
  lab = await Lab.create({ hosts: pairedEdges });
  const watch = await lab.watch(virtualAddress4, ['edge-a', 'edge-b']);
  const a = startPaired(lab.host('edge-a'), forA);
  await watch.until((holders) => holders.join() === 'edge-a', 15_000);
  const b = startPaired(lab.host('edge-b'), forB);
  return { lab, watch, a, b };
}

const allUp = (status: { pair: { paths: readonly { connected: boolean }[] } | null }) =>
  status.pair?.paths.every(({ connected }) => connected) === true;

test('the agents are connected over both cables, and neither a cut nor a death moves more than it must', async () => {
  const pair = await start();
  const { pair: seen } = await agentUntil(
    pair.lab.host('edge-b'),
    'is connected and knows its peer',
    (status) => allUp(status) && status.pair?.node?.report?.routers[0]?.state === 'Active',
  );
  expect(seen).toMatchObject({
    peer: 'edge-a',
    node: { sameFile: true, sameVersion: true, report: { routers: [{ leaseArmed: true }] } },
    paths: [
      { local: '203.0.113.12', remote: '203.0.113.11', statistics: { lost: 0 } },
      { local: '198.51.100.12', remote: '198.51.100.11', statistics: { lost: 0 } },
    ],
  });
  const moves = pair.watch.history.length;

  await pair.lab.cut('edge-a', 'side');
  await agentUntil(
    pair.lab.host('edge-b'),
    'misses the path of the side cable',
    ({ pair: now }) => {
      return now?.paths[0]?.connected === false && now.connected;
    },
  );
  await pair.lab.heal('edge-a', 'side');
  await agentUntil(pair.lab.host('edge-b'), 'has it back', allUp, 20_000);
  expect(pair.watch.history.length).toBe(moves);

  pair.b.child.kill('SIGKILL');
  await agentUntil(pair.lab.host('edge-a'), 'has lost its peer', (status) => {
    return status.pair?.connected === false;
  });
  await logged(pair.a, /adverts alone decide who holds the addresses/);
  expect(pair.watch.history.length).toBe(moves);
});

test('the peer finds the addresses where they were claimed, and says so', async () => {
  const pair = await start();
  await agentUntil(pair.lab.host('edge-b'), 'is connected', allUp);
  pair.a.child.kill('SIGTERM');
  await pair.watch.until((holders) => holders.join() === 'edge-b', 5_000);
  const again = startPaired(pair.lab.host('edge-a'));
  const { routers } = await agentUntil(pair.lab.host('edge-a'), 'has taken them back', (status) => {
    return status.routers[0]?.announcement?.state === 'verified';
  });
  expect(routers[0]?.announcement?.elsewhere).toEqual([]);
  await logged(again, /network converged after \d+ ms: the peer finds the addresses here/);
});

test('files that differ are told apart, and nothing moves', async () => {
  const pair = await start({}, { remark: 'another file' });
  await agentUntil(pair.lab.host('edge-a'), 'is connected', (status) => {
    return allUp(status) && status.pair?.node?.sameFile === false;
  });
  await logged(pair.a, /pair: the files differ: edge-b runs/);
  expect(pair.watch.holders).toEqual(['edge-a']);
});

test('another secret is refused on both hosts, which say so and go on as a plain pair', async () => {
  const pair = await start({}, { secret: 'the secret of somebody else' });
  for (const name of ['edge-a', 'edge-b']) {
    const status = await agentUntil(pair.lab.host(name), 'has refused it', ({ pair: now }) => {
      return now?.paths.every(({ statistics }) => statistics.secretRefused > 0) === true;
    });
    expect(status.pair).toMatchObject({ connected: false, node: null });
    expect(status.pair?.paths[0]?.trouble).toContain('the secrets of the two hosts differ');
  }
  const started = Date.now();
  pair.a.child.kill('SIGTERM');
  await pair.watch.until((holders) => holders.join() === 'edge-b', 5_000);
  expect(Date.now() - started).toBeLessThan(5_000);
});

test('adverts every 10 ms are not late for handshakes', async () => {
  const pair = await start({ advertMs: 10 }, { advertMs: 10 });
  const host = pair.lab.host('edge-a');
  const late = async () => {
    const status = await agentUntil(host, 'is connected', allUp);
    const { advertLateness } = status.routers[0]!.statistics;
    return { ...advertLateness, connected: status.pair!.paths[0]!.statistics.connected };
  };
  await late();
  for (let turn = 1; turn <= 3; turn += 1) {
    await pair.lab.cut('edge-b', 'side');
    await agentUntil(host, 'has lost a path', (status) => !allUp(status));
    await pair.lab.heal('edge-b', 'side');
    await agentUntil(host, 'is connected again', allUp, 20_000);
  }
  const after = await late();
  expect(after.connected).toBeGreaterThanOrEqual(4);
  // edge-b would have claimed after three of them.
  expect(after.maxMicros).toBeLessThan(30_000);
  expect(pair.watch.holders).toEqual(['edge-a']);
});
