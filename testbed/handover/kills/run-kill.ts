/** One death in the course of a handover: order, death, observation, recovery, and a look at what is left. */

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { spreadOf } from '../../drills/compare/comparison.ts';
import type { Host } from '../../lab/host.ts';
import { INSTRUMENT_FLAGS } from '../../lab/instrument-flags.ts';
import { monotonicMs } from '../../lab/monotonic.ts';
import { Probe } from '../../lab/probe.ts';
import { signal } from '../../lab/process-table.ts';
import { addressOf, type HandoverPair } from '../pair.ts';
import { type KillCase, type KillResult, rulesetNames } from './cases.ts';

const PROBER = join(import.meta.dirname, '..', '..', 'lab', 'prober.ts');
/** Between two new connections of the client, ms. */
const PROBE_EVERY_MS = 5;
/** Traffic before the order, and after the death, ms. */
const BEFORE_MS = 1_500;
const AFTERWARDS_MS = 2_000;
const PROBE_MAX_MS = 30_000;
/** After it all has been told of a handover, ms. */
const SETTLED_MS = 500;

/** Runs one case on a pair that works, and leaves a pair whose services are stopped. Never rejects. */
export async function runKill(pair: HandoverPair, kill: KillCase): Promise<KillResult> {
  const nothing = { ...kill, reached: [], outageMs: 0, calmMs: 0, left: [] };
  try {
    await pair.restore();
    const observed = await observe(pair, kill);
    await recover(pair, kill);
    return { ...kill, ...observed, left: await leftovers(pair), error: null };
  } catch (error) {
    return { ...nothing, error: `${(error as Error).message}\n${pair.logs()}` };
  }
}

/** How long a handover takes in which nobody dies, from the order to its last step: the median of three. */
export async function handoverMs(pair: HandoverPair): Promise<number> {
  const took: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    await pair.restore();
    const orderedAtMs = monotonicMs();
    await pair.stack.giveAway(pair.host(pair.edges[0]));
    await delay(SETTLED_MS);
    const received = pair.steps.findLast(({ text }) => text.includes('handover-received'));
    if (received === undefined || received.atMs < orderedAtMs) {
      throw new Error(`nobody received the addresses\n${pair.logs()}`);
    }
    took.push(received.atMs - orderedAtMs);
  }
  return spreadOf(took).median;
}

function victimOf(pair: HandoverPair, { role }: KillCase): string {
  return role === 'giver' ? pair.edges[0] : pair.edges[1];
}

async function observe(pair: HandoverPair, kill: KillCase) {
  const [giver] = pair.edges;
  const probe = await startProbe(pair.client);
  await delay(BEFORE_MS);
  const strike = aim(pair, kill);
  const orderedAtMs = monotonicMs();
  // Whose host dies does not answer.
  pair.stack.giveAway(pair.host(giver)).catch(() => {});
  await waitFor(orderedAtMs + kill.afterMs);
  strike();
  const struckAtMs = monotonicMs();
  await delay(AFTERWARDS_MS);
  const report = await probe.stop();
  const gaps = report.gaps.map(({ fromMs, lengthMs }) => ({ toMs: fromMs + lengthMs, lengthMs }));
  const longest = (chosen: typeof gaps) => Math.max(0, ...chosen.map((gap) => gap.lengthMs));
  return {
    reached: pair.steps
      .filter(({ atMs }) => atMs >= orderedAtMs && atMs <= struckAtMs)
      .map(({ text }) => text),
    outageMs: longest(gaps.filter(({ toMs }) => toMs >= orderedAtMs)),
    calmMs: longest(gaps.filter(({ toMs }) => toMs < orderedAtMs)),
  };
}

function startProbe(client: Host): Promise<Probe> {
  const start = (argument: string) =>
    client.spawn([process.execPath, ...INSTRUMENT_FLAGS, PROBER, argument], {
      streams: 'pipe',
      log: 'prober',
      instrument: true,
    }).child;
  return Probe.start(start, {
    mode: 'http',
    address: addressOf[4],
    port: 80,
    everyMs: PROBE_EVERY_MS,
    durationMs: PROBE_MAX_MS,
  });
}

/** Finds whom to strike now, to strike within a millisecond. */
function aim(pair: HandoverPair, kill: KillCase): () => void {
  const host = pair.host(victimOf(pair, kill));
  if (kill.death === 'cut') return pair.lab.switch.cutter(host);
  const pids = host.processes().map(({ pid }) => pid);
  return () => {
    for (const pid of pids) signal(pid, 'SIGKILL');
  };
}

/** Timers count in milliseconds; this is about parts of them. */
async function waitFor(atMs: number): Promise<void> {
  const coarseMs = Math.floor(atMs - monotonicMs()) - 1;
  if (coarseMs > 0) await delay(coarseMs);
  // The order is on its way only when this loop has turned.
  await new Promise((resolve) => setImmediate(resolve));
  while (monotonicMs() < atMs) await new Promise((resolve) => setImmediate(resolve));
}

/** The dead host lives again, and the pair agrees on who holds the addresses. */
async function recover(pair: HandoverPair, kill: KillCase): Promise<void> {
  const victim = victimOf(pair, kill);
  if (kill.death === 'cut') await pair.lab.heal(victim);
  else {
    await pair.killAll(victim);
    await pair.start(victim);
  }
  await pair.untilOneActive();
  await pair.serves();
}

/** Both hosts' services are stopped in order; then nothing of ours may be in their kernels. */
async function leftovers(pair: HandoverPair): Promise<readonly string[]> {
  for (const edge of pair.edges) await pair.stop(edge);
  const found = pair.edges.map(async (edge) => {
    const host = pair.host(edge);
    const rules = rulesetNames(await host.exec(['nft', 'list', 'ruleset']));
    const links = (await host.exec(['ip', '-br', 'link']))
      .split('\n')
      .map((line) => line.split(/[\s@]/)[0]!)
      .filter((name) => !/^(lo|eth\d|)$/.test(name));
    const addresses = (await host.exec(['ip', '-br', 'addr', 'show', 'dev', 'eth0']))
      .split(/\s+/)
      .filter((word) => pair.isVirtual(word.split('/')[0]!));
    return [...rules, ...links, ...addresses].map((it) => `${edge}: ${it}`);
  });
  return (await Promise.all(found)).flat();
}
