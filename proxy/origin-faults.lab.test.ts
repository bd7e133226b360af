import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EjectionConfig, UpstreamConfig } from '../src/config/proxy-config.ts';
import type { RetryConfig } from '../src/config/retry-config.ts';
import { FaultScene, type FaultyOrigin, type Outcome } from './origin-faults.fixture.ts';
import { PASSIVE } from './resilience/ejection.fixture.ts';
import { checkOf, HTTP_PROBE, RETRY } from './upstream/upstream.fixture.ts';

const CONNECT_TIMEOUT_MS = 1000;
const RISE = 1;
/** Detection takes at most `fall` intervals and a timeout. */
const UPSTREAM: Partial<UpstreamConfig> = {
  connectTimeoutMs: CONNECT_TIMEOUT_MS,
  responseTimeoutMs: 2000,
  healthCheck: checkOf({
    probe: { ...HTTP_PROBE, path: '/health' },
    intervalMs: 200,
    intervalDownMs: 200,
    timeoutMs: 200,
    rise: RISE,
    fall: 2,
  }),
};
const NO_RETRY: RetryConfig = { ...RETRY, on: [] };
const RETRY_ALL: RetryConfig = { ...RETRY, on: ['connect', 'closed', 'timeout', 'invalid'] };

/** As nginx by default, in less time. */
const SHORT_PASSIVE: EjectionConfig = { ...PASSIVE, windowMs: 300, baseMs: 300, maxMs: 300 };

/** Requests looked at after each event: several rotations on every connection. */
const MANY = 200;

/** What befalls an origin, and how it is over. */
const FAULTS: readonly [string, (one: FaultyOrigin) => unknown, (one: FaultyOrigin) => unknown][] =
  [
    ['killed', (one) => one.kill(), (one) => one.start()],
    ['frozen', (one) => one.freeze(), (one) => one.thaw()],
    ['slow', (one) => one.delay(5000), (one) => one.delay(0)],
  ];

function failed(outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.filter(({ status }) => status !== 200);
}

describe('with checks alone', () => {
  let scene: FaultScene;
  beforeAll(async () => {
    scene = await FaultScene.start({ ...UPSTREAM, retry: NO_RETRY });
  });
  afterAll(() => scene.close());

  describe.each([0, 1, 2])('under steady load, origin %i of three', (index) => {
    it.each(FAULTS)(
      'is %s: no request that begins once that is known fails',
      async (_, ...fault) => {
        const origin = scene.origins[index]!;
        const { after, back } = await befall(scene, origin, fault);
        expect(failed([...after, ...back])).toEqual([]);
        expect(after.some((outcome) => outcome.origin === origin.port)).toBe(false);
        expect(back.some((outcome) => outcome.origin === origin.port)).toBe(true);
      },
    );
  });

  it('all three are killed: 503 before the connect timeout; one is back: traffic after one check', async () => {
    const { load, origins } = scene;
    await Promise.all(origins.map((origin) => origin.kill()));
    const first = await load.until(({ status }) => status === 503);
    expect(first.tookMs).toBeLessThan(CONNECT_TIMEOUT_MS);
    const after = await load.more(MANY);
    expect(after.map(({ status }) => status)).toEqual(after.map(() => 503));
    expect(Math.max(...after.map(({ tookMs }) => tookMs))).toBeLessThan(CONNECT_TIMEOUT_MS);
    const [origin] = origins as [FaultyOrigin];
    await origin.start();
    const back = await load.until(({ status }) => status === 200);
    expect(back.origin).toBe(origin.port);
    // The next check may begin while the request is on its way.
    expect(back.checks).toBeLessThanOrEqual(RISE + 1);
    expect(failed(await load.more(MANY))).toEqual([]);
  });
});

describe('with retry', () => {
  let scene: FaultScene;
  beforeAll(async () => {
    scene = await FaultScene.start({ ...UPSTREAM, retry: RETRY_ALL });
  });
  afterAll(() => scene.close());

  it.each([...FAULTS.entries()])(
    'no request fails at all: fault %i',
    async (index, [, ...fault]) => {
      const { outcomes } = scene.load;
      await befall(scene, scene.origins[index]!, fault);
      expect(failed(outcomes)).toEqual([]);
      expect(outcomes.length).toBeGreaterThan(2 * MANY);
    },
  );
});

describe('with passive checks and no others', () => {
  let scene: FaultScene;
  beforeAll(async () => {
    scene = await FaultScene.start({ ...UPSTREAM, healthCheck: null, ejection: SHORT_PASSIVE });
  });
  afterAll(() => scene.close());
  const server = (index: number) => scene.balancer.status().upstreams[0]!.servers[index]!;

  it('a dead origin costs no request, is out for all workers, and gets one trial at a time', async () => {
    const { load, origins } = scene;
    const [origin] = origins as [FaultyOrigin];
    await load.more(MANY);
    await origin.kill();
    await expect.poll(() => server(0).ejection?.state, { interval: 5 }).toBe('ejected');
    const before = server(0);
    const after = await load.more(4 * MANY);
    const { ejection, totals } = server(0);
    expect(after.some((outcome) => outcome.origin === origin.port)).toBe(false);
    // Each trial fails and is one more ejection; the last may not have been seen by the watch yet.
    const tried = totals.requests - before.totals.requests;
    expect(tried).toBeLessThanOrEqual(ejection!.ejections - before.ejection!.ejections + 2);
    await origin.start();
    const back = await load.until((outcome) => outcome.origin === origin.port);
    expect(back.status).toBe(200);
    await expect.poll(() => server(0).ejection?.state).toBe('none');
    // What was under way when it died may be lost; nothing that began later is.
    expect(failed([...after, ...(await load.more(MANY))])).toEqual([]);
  });
});

type Fault = readonly [(one: FaultyOrigin) => unknown, (one: FaultyOrigin) => unknown];

/** Lets an origin fall ill and well again; the requests after each was known. */
async function befall(scene: FaultScene, origin: FaultyOrigin, [fall, rise]: Fault) {
  const { load } = scene;
  await load.until((outcome) => outcome.origin === origin.port);
  await fall(origin);
  await scene.verdict(origin.port, 'down');
  const after = await load.more(MANY);
  await rise(origin);
  await scene.verdict(origin.port, 'up');
  return { after, back: await load.more(MANY) };
}
