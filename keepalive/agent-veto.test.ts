/** Two agents with a side link, and what it is good for when their LAN is not. */
import { afterEach, describe, expect, it } from 'vitest';
import { type PairOptions, SimPair } from './simulator/sim-pair.case.ts';

/** Three intervals and the skew of priority 100, and some slack for jitter. */
const ADI = 361_000;
const INTERVAL = 100_000;
const SLACK = 5_000;
const SECOND = 1_000_000;

let pair: SimPair;

afterEach(() => pair.stop());

/** `a` is Active and followed. */
async function start(options: PairOptions = {}): Promise<SimPair> {
  pair = await new SimPair({ leased: true, paired: true, ...options }).elected();
  expect(pair.states()).toEqual(['Active', 'Backup']);
  return pair;
}

/** Multicast does not pass between the two; everything else does. */
function separate(): void {
  pair.lan.cut(pair.a.station, pair.b.station, true);
  pair.lan.cut(pair.b.station, pair.a.station, true);
}

describe('the LAN loses what the hosts say to each other', () => {
  it('and the addresses stay, as long as the peer answers', async () => {
    await start();
    separate();
    await pair.run(10 * SECOND);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    const status = pair.router(pair.b);
    // One question an interval.
    expect(status.vouched?.answers).toBeGreaterThan(90);
    expect(status.vouched?.answers).toBeLessThan(100);
    expect(status.statistics.takeoversPostponed).toBe(status.vouched?.answers);
    expect(pair.logged(/do not arrive on eth0, but the peer answers/)).toHaveLength(1);
    expect(pair.events.b.filter(({ type }) => type === 'takeover-postponed')).toHaveLength(1);
    pair.lan.heal();
    await pair.run(SECOND);
    expect(pair.router(pair.b).vouched).toBeNull();
    expect(pair.logged(/advertisements arrive again; \d+ answers of the peer/)).toHaveLength(1);
    expect(pair.events.b.at(-1)).toMatchObject({ type: 'postponement-over', how: 'heard' });
  });

  it('and a host that starts meanwhile does not claim either', async () => {
    await start();
    separate();
    pair.b.kill();
    pair.startHost(pair.b);
    await pair.run(5 * SECOND);
    expect(pair.states()).toEqual(['Active', 'Backup']);
  });

  it('and then the peer dies: taken over soon after the first question without an answer', async () => {
    await start();
    separate();
    await pair.run(3 * SECOND);
    pair.a.lose();
    expect(await pair.until(pair.b, 'Active', SECOND)).toBeLessThan(INTERVAL + ADI + SLACK);
    expect(pair.events.b.some((e) => e.type === 'postponement-over' && e.how === 'claimed')).toBe(
      true,
    );
  });

  it('and the peer freezes: its lease is over before the other one claims', async () => {
    await start();
    separate();
    await pair.run(3 * SECOND);
    pair.a.pause();
    await pair.until(pair.b, 'Active', SECOND);
    expect(pair.a.answers).toBe(false);
  });
});

describe('no veto', () => {
  const taken = async (): Promise<void> => {
    expect(await pair.until(pair.b, 'Active', SECOND)).toBeLessThan(ADI + SLACK);
  };

  it('without the witness: the Active host is cut off from everybody', async () => {
    await start();
    separate();
    pair.sideLink.unwitnessed.add(pair.a.station);
    await taken();
  });

  it('without a side link that works', async () => {
    await start();
    separate();
    pair.sideLink.cut = true;
    await taken();
  });

  it('for a cable that was pulled: the Active router leaves the election', async () => {
    await start();
    pair.a.setLink('down');
    await taken();
  });

  it('without a lease', async () => {
    await start({ leased: false });
    separate();
    await taken();
  });

  it.each([
    ['strict_rfc', { strictRfc: true }],
    ['peer: other', { peer: 'other' }],
    ['no witness', { witness: '' }],
  ] as const)('with %s', async (_, both) => {
    const { witness, ...rest } = { witness: undefined, ...both };
    await start({ both: witness === '' ? { witness: undefined as never } : rest });
    separate();
    await taken();
    expect(pair.router(pair.b).statistics.peerAsked).toBe(0);
  });

  it('for a dead host, which costs no time', async () => {
    await start();
    const before = pair.router(pair.b).statistics.peerAsked;
    pair.a.lose();
    await taken();
    expect(pair.router(pair.b).statistics.peerAsked).toBe(before + 1);
  });
});

it('an answer that comes late counts for nothing', async () => {
  await start();
  pair.sideLink.slowMicros = 200_000;
  separate();
  expect(await pair.until(pair.b, 'Active', SECOND)).toBeLessThan(ADI + SLACK);
});

it('BFD that is lost alone moves nothing', async () => {
  const bfd = (peer: string) => ({ bfd: { peer, intervalMs: 10, multiplier: 3 } });
  await start({ a: bfd('198.51.100.12'), b: bfd('198.51.100.11') });
  separate();
  await pair.run(5 * SECOND);
  expect(pair.states()).toEqual(['Active', 'Backup']);
});

it('the status says what the witness does', async () => {
  await start();
  expect(pair.router(pair.a).witness).toEqual({
    address: '198.51.100.1',
    answers: true,
    reason: null,
  });
  pair.sideLink.unwitnessed.add(pair.a.station);
  await pair.run(2 * SECOND);
  expect(pair.router(pair.a).witness).toMatchObject({
    answers: false,
    reason: 'it does not answer',
  });
});
