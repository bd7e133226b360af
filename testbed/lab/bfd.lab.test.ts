/**
 * Two of our agents that watch each other with BFD, on real sockets and timers. Adverts are half a
 * second apart, so that a takeover before 1.5 seconds can only be BFD's.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { edgeA, edgeB, virtualAddress4 } from './address-plan.ts';
import type { AddressWatch } from './address-watch.ts';
import { ADVERT_MS, paced, sessionOn, sessionUntil, startAgent } from './bfd.case.ts';
import type { LabProcess } from './host.ts';
import { Lab } from './lab.ts';
import { logged } from './log-line.ts';
import { monotonicMs } from './monotonic.ts';

/** Detection within 3 x 10 ms, a skew of 6 ms, and what a busy machine adds to it. */
const TAKEOVER_MS = 250;
const SLACK_MS = 120;
const bfd = '{ interval: 10ms }';

let lab: Lab | null = null;

afterEach(async () => {
  await lab?.close();
  lab = null;
});

interface Pair {
  readonly lab: Lab;
  readonly watch: AddressWatch;
  readonly started: Readonly<Record<'edge-a' | 'edge-b', LabProcess>>;
}

/** edge-a is Active, both sessions are up at their pace. */
async function bootPair(): Promise<Pair> {
  lab = await Lab.create({ hosts: [edgeA, edgeB] });
  const watch = await lab.watch(virtualAddress4, [edgeA.name, edgeB.name]);
  const started = {
    'edge-a': startAgent(lab.host('edge-a'), { bfd }),
    'edge-b': startAgent(lab.host('edge-b'), { bfd }),
  };
  for (const { name } of [edgeA, edgeB]) await sessionUntil(lab.host(name), 'is up', paced);
  await watch.until((holders) => holders.join() === 'edge-a', 15_000);
  return { lab, watch, started };
}

const sole = (watch: AddressWatch, host: string, timeoutMs: number) =>
  watch.until((holders) => holders.join() === host, timeoutMs);
const logOf = (process: LabProcess) => readFileSync(process.logFile, 'utf8');

describe('two agents with BFD', () => {
  test('agree on their pace, and say so', async () => {
    const pair = await bootPair();
    expect(await sessionOn(pair.lab.host('edge-b'))).toMatchObject({
      interface: 'eth0',
      peer: '198.51.100.11',
      routers: ['web'],
      remote: { state: 'Up' },
      transmitMs: 10,
      receiveMs: 10,
      detectMs: 30,
      error: null,
      statistics: { lost: 0, sendErrors: 0, formatErrors: 0, hopLimitErrors: 0 },
    });
    await logged(pair.started['edge-b'], /silence of 30 ms means that the peer is lost/);
  });

  test('take over from a crashed host long before three adverts are missing', async () => {
    const pair = await bootPair();
    const crashedAt = monotonicMs();
    await pair.lab.crash('edge-a');
    const took = (await sole(pair.watch, 'edge-b', 5_000)) - crashedAt;
    expect(took).toBeLessThan(TAKEOVER_MS);
    const line = /Backup to Active: BFD lost 198\.51\.100\.11: no sign of it for \d+ ms/;
    await logged(pair.started['edge-b'], line);
  });

  test('tell an orderly stop from a failure', async () => {
    const pair = await bootPair();
    const stoppedAt = monotonicMs();
    pair.started['edge-a'].child.kill('SIGTERM');
    const took = (await sole(pair.watch, 'edge-b', 5_000)) - stoppedAt;
    // The priority 0 that it sends is followed after the adverts' own skew.
    expect(took).toBeGreaterThan((156 / 256) * ADVERT_MS - 10);
    expect(took).toBeLessThan((156 / 256) * ADVERT_MS + SLACK_MS);
    await logged(pair.started['edge-b'], /down: the peer ended it in order/);
    await logged(pair.started['edge-b'], /resigned \(priority 0\)/);
    expect((await sessionOn(pair.lab.host('edge-b')))?.statistics.lost).toBe(0);
  });

  test('let adverts decide when BFD alone is lost, and come up again without a move', async () => {
    const pair = await bootPair();
    const host = pair.lab.host('edge-b');
    await pair.lab.lose('edge-b', [
      { direction: 'received', percent: 100, match: 'udp dport 3784' },
      { direction: 'sent', percent: 100, match: 'udp dport 3784' },
    ]);
    await sessionUntil(host, 'is down', ({ state }) => state === 'Down');
    // The better router hears of the one that BFD misled, and puts it right at once.
    await sole(pair.watch, 'edge-a', 2 * ADVERT_MS);
    const settledAt = monotonicMs();
    await delay(4 * ADVERT_MS);
    await pair.lab.lose('edge-b', []);
    await sessionUntil(host, 'is up again', paced);
    await delay(ADVERT_MS);
    expect(pair.watch.history.filter(({ atMs }) => atMs > settledAt)).toEqual([]);
    expect(pair.watch.holders).toEqual(['edge-a']);
  });

  test('ignore packets that a router has forwarded', async () => {
    const pair = await bootPair();
    const script = `
      const socket = require('node:dgram').createSocket('udp4');
      socket.bind({ address: '198.51.100.11' }, () => {
        socket.setTTL(254);
        const down = Buffer.from('20400318000000010000000000000bb800000bb800000000', 'hex');
        socket.send(down, 3784, '198.51.100.12', () => socket.close());
      });`;
    await pair.lab.host('edge-a').exec([process.execPath, '-e', script]);
    const session = await sessionUntil(
      pair.lab.host('edge-b'),
      'has counted it',
      ({ statistics }) => statistics.hopLimitErrors === 1,
    );
    expect(session).toMatchObject({ state: 'Up', lastDown: null });
  });
});

test('BFD that the peer does not have changes nothing', async () => {
  lab = await Lab.create({ hosts: [edgeA, edgeB] });
  const watch = await lab.watch(virtualAddress4, [edgeA.name, edgeB.name]);
  const b = startAgent(lab.host('edge-b'), { bfd: '{ peer: 198.51.100.11 }', alone: true });
  await sole(watch, 'edge-b', 15_000);
  await sessionUntil(lab.host('edge-b'), 'waits', ({ state }) => state === 'Down');
  await delay(ADVERT_MS);
  expect(logOf(b)).not.toMatch(/BFD.*down/);
  expect(watch.holders).toEqual(['edge-b']);
});
