/**
 * A second cable between the edges, a neighbour that bears witness, and a LAN that loses what the edges
 * say to each other: design 4.2 rule 4 on real sockets.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { address4, clientPlan, virtualAddress4 } from './address-plan.ts';
import type { AddressWatch } from './address-watch.ts';
import { agentStatus } from './agent-status.ts';
import type { LabProcess } from './host.ts';
import { Lab } from './lab.ts';
import { logged } from './log-line.ts';
import { monotonicMs } from './monotonic.ts';
import { agentUntil, pairedEdges, startPaired } from './pair.case.ts';

const ADVERT_MS = 100;
/** Active_Down_Interval at priority 100. */
const ADI_MS = 361;
/** What a busy machine adds. */
const SLACK_MS = 150;
const witness = `witness: ${address4(clientPlan)}`;

let lab: Lab | null = null;

afterEach(async () => {
  await lab?.close();
  lab = null;
});

interface Pair {
  readonly lab: Lab;
  readonly watch: AddressWatch;
  readonly b: LabProcess;
}

/** edge-a is Active, edge-b knows it over both cables. */
async function start(router?: string): Promise<Pair> {
  lab = await Lab.create({ hosts: [...pairedEdges, clientPlan] });
  const watch = await lab.watch(virtualAddress4, ['edge-a', 'edge-b']);
  const setup = { advertMs: ADVERT_MS, ...(router === undefined ? {} : { router }) };
  startPaired(lab.host('edge-a'), setup);
  await watch.until((holders) => holders.join() === 'edge-a', 15_000);
  const b = startPaired(lab.host('edge-b'), setup);
  await agentUntil(lab.host('edge-b'), 'is connected', ({ pair, routers }) => {
    const connected = pair?.paths.every((path) => path.connected) === true;
    return connected && routers[0]?.active?.self === false;
  });
  return { lab, watch, b };
}

/** The switch drops adverts from one edge to the other, and nothing else. */
async function dropAdverts({ lab }: Pair, drop = true): Promise<void> {
  const losses = drop
    ? [{ direction: 'received' as const, percent: 100, match: 'ip protocol 112' }]
    : [];
  for (const name of ['edge-a', 'edge-b']) await lab.lose(name, losses);
}

const sole = ({ watch }: Pair, host: string, timeoutMs: number) =>
  watch.until((holders) => holders.join() === host, timeoutMs);

describe('the switch eats adverts', () => {
  test('and the address stays, as the peer vouches with its witness; it is told and it ends', async () => {
    const pair = await start(witness);
    const moves = pair.watch.history.length;
    await dropAdverts(pair);
    await delay(3_000);
    expect(pair.watch.history.length).toBe(moves);
    const status = await agentStatus(pair.lab.host('edge-b'));
    expect(status?.routers[0]?.vouched?.answers).toBeGreaterThan(5);
    await dropAdverts(pair, false);
    await agentUntil(pair.lab.host('edge-b'), 'hears adverts again', ({ routers }) => {
      return routers[0]?.vouched === null;
    });
    await logged(pair.b, /but the peer answers on a side link that it is Active/);
    await logged(pair.b, /advertisements arrive again/);
    expect(pair.watch.history.length).toBe(moves);
  });

  test('and without a witness both hosts hold it, as in any VRRP pair', async () => {
    const pair = await start();
    await dropAdverts(pair);
    await pair.watch.until((holders) => holders.length === 2, 5_000);
  });

  test('and a host that is killed then is replaced when it answers no more', async () => {
    const pair = await start(witness);
    await dropAdverts(pair);
    await delay(1_000);
    const crashedAt = monotonicMs();
    await pair.lab.crash('edge-a');
    const took = (await sole(pair, 'edge-b', 5_000)) - crashedAt;
    expect(took).toBeLessThan(ADVERT_MS + ADI_MS + SLACK_MS);
  });
});

describe('the Active host loses the LAN', () => {
  test('its cable: taken over in time, whatever it answers on the side link', async () => {
    const pair = await start(witness);
    const cutAt = monotonicMs();
    await pair.lab.cut('edge-a', 'edge');
    const took = (await sole(pair, 'edge-b', 5_000)) - cutAt;
    expect(took).toBeLessThan(ADI_MS + SLACK_MS);
  });

  test('all packets but not its carrier: the witness does not answer it, and it is replaced', async () => {
    const pair = await start(witness);
    const lostAt = monotonicMs();
    await pair.lab.lose('edge-a', [{ direction: 'sent', percent: 100 }]);
    await pair.watch.until((holders) => holders.includes('edge-b'), 5_000);
    const took = pair.watch.history.at(-1)!.atMs - lostAt;
    expect(took).toBeLessThan(ADI_MS + SLACK_MS);
  });
});
