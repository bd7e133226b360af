/**
 * Tandem's agent and keepalived 2.2 as the two routers of one virtual router, in every protocol that
 * both speak: the correct holder within the RFC's time, whatever is started, crashes, stops, returns.
 * What is expected is computed in cells.ts; all cells live through the steps side by side.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { goFirstOurselves } from '../go-first.ts';
import { lacks } from '../requirements.ts';
import { type Cell, cells, OURS, steps } from './cells.ts';
import { type Advert, type MatrixRun, type Outcome, runMatrix } from './matrix.ts';

/** Scheduling of all these processes, and the monitor's own delay, on a machine with other work. */
const SLACK_MS = 150;
/** A fault is noted a moment before it is inflicted, and a monitor's line is late. */
const EARLY_MS = 10;

// tcpdump insists on changing its groups, which root of a user namespace may not.
const unable = lacks('interoperability', ['keepalived', 'tshark', 'tcpdump'], 'root');

/** Labs side by side, a protocol each; not in step, or all of them would start processes at once. */
const STAGGER_MS = 1_500;

const runs = new Map<string, Promise<MatrixRun>>();

/** The cells of a protocol live side by side; where one of them fails, its next try is all of theirs. */
function runOf({ protocol }: Cell, attempt: number): Promise<MatrixRun> {
  const key = `${protocol}, attempt ${attempt}`;
  const known = runs.get(key);
  if (known !== undefined) return known;
  const own = cells.filter((cell) => cell.protocol === protocol);
  const run = runMatrix(own, steps);
  runs.set(key, run);
  return run;
}

beforeAll(async () => {
  if (unable) return;
  goFirstOurselves();
  const first = cells.filter(
    (cell, index) => cells.findIndex(({ protocol }) => protocol === cell.protocol) === index,
  );
  // A lab that fails is told of by the tests of its cells.
  await Promise.allSettled(
    first.map(async (cell, index) => {
      await delay(index * STAGGER_MS);
      await runOf(cell, 0);
    }),
  );
}, 300_000);

/** What was not as expected, in words. */
function deviations({ step, expected, holders, afterMs, changesAfter, answering }: Outcome) {
  const { holder, fromMs, toMs } = expected;
  const told: string[] = [];
  if (holders.join() !== holder) told.push(`${step}: on [${holders}], expected ${holder}`);
  else if (toMs === 0 && afterMs !== null) told.push(`${step}: moved, expected to stay`);
  else if (toMs > 0 && afterMs === null) told.push(`${step}: did not move`);
  else if (afterMs !== null && (afterMs < fromMs - EARLY_MS || afterMs > toMs + SLACK_MS)) {
    told.push(`${step}: after ${afterMs.toFixed(0)} ms, expected ${fromMs} to ${toMs} ms`);
  }
  if (changesAfter > 0) told.push(`${step}: ${changesAfter} changes after it was settled`);
  if (answering.join() !== holder) told.push(`${step}: [${answering}] answers, not ${holder}`);
  return told;
}

describe.skipIf(unable)('with keepalived', () => {
  test.for(cells)('$name: start, crash, stop, return, tie', async (cell, { task }) => {
    const run = await runOf(cell, task.result?.retryCount ?? 0);
    const outcomes = run.outcomes.get(cell.name)!;
    expect(outcomes.map(({ step }) => step)).toEqual(steps.map(({ name: step }) => step));
    expect(outcomes.flatMap(deviations)).toEqual([]);
  });

  test.for(cells)('$name: tshark finds nothing wrong with our adverts', async (cell, { task }) => {
    const { adverts } = await runOf(cell, task.result?.retryCount ?? 0);
    const ours = adverts.filter((advert) => isOurs(advert, cell));
    expect(ours.length).toBeGreaterThan(3);
    for (const advert of ours) expect(advert).toMatchObject(wellFormed(cell));
    const priorities = new Set(ours.map((advert) => advert['vrrp.prio']));
    expect([...priorities].filter((each) => each !== '0')).toEqual([`${cell.priority[OURS]}`]);
  });
});

function isOurs(advert: Advert, { vrid, family }: Cell): boolean {
  const fromOurs = advert['eth.src'] === '02:00:00:00:00:0b';
  const sameFamily = (advert['ipv6.dst'] === '') === (family === 4);
  return fromOurs && sameFamily && advert['vrrp.virt_rtr_id'] === `${vrid}`;
}

function wellFormed({ version, family, addresses, password, unicast }: Cell): Partial<Advert> {
  const group = family === 4 ? '224.0.0.18' : 'ff02::12';
  return {
    'vrrp.version': `${version}`,
    'vrrp.type': '1',
    'vrrp.checksum.status': '1',
    'vrrp.auth_type': version === 3 ? '' : password === undefined ? '0' : '1',
    [family === 4 ? 'ip.ttl' : 'ipv6.hlim']: '255',
    [family === 4 ? 'ip.dst' : 'ipv6.dst']: unicast?.['edge-b'] ?? group,
    [family === 4 ? 'vrrp.ip_addr' : 'vrrp.ipv6_addr']: addresses.join(','),
    '_ws.malformed': '',
    '_ws.expert': '',
  };
}
