import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PairLink } from './pair-link.ts';
import { desk, end, freePort, HERE, reportOf, THERE } from './two-agents.case.ts';

let port = 0;
const open: PairLink[] = [];

beforeEach(async () => {
  port = await freePort();
});

afterEach(() => {
  for (const link of open.splice(0)) link.close();
});

function start(...args: Parameters<typeof end>) {
  const made = end(...args);
  open.push(made.link);
  made.link.start();
  return made;
}

const soon = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });
const both = (...links: PairLink[]) =>
  soon(() => {
    for (const link of links) expect(link.status().connected).toBe(true);
  });

describe('two ends that know the secret', () => {
  test('connect over every path, once each, and hear each other', async () => {
    const paths = [
      [HERE, THERE],
      ['127.0.0.3', '127.0.0.4'],
    ] as const;
    const a = start('edge-a', port, { paths });
    const b = start('edge-b', port, { paths });
    a.link.serve(desk(reportOf(200)));
    b.link.serve(desk(reportOf(77)));
    await soon(() => {
      for (const { link } of [a, b]) {
        const status = link.status();
        expect(status.paths.map(({ connected }) => connected)).toEqual([true, true]);
        expect(status.paths.every(({ roundTripMs }) => roundTripMs !== null)).toBe(true);
        expect(status.node).toMatchObject({ sameFile: true, sameVersion: true, clockAheadMs: 0 });
      }
      expect(a.link.status().node?.report?.routers[0]?.priority).toBe(77);
      expect(b.link.status().node?.report?.routers[0]?.priority).toBe(200);
    });
  });

  test('answer questions', async () => {
    const a = start('edge-a', port);
    const b = start('edge-b', port);
    b.link.serve(desk(reportOf(100)));
    await both(a.link, b.link);
    const answer = await new Promise((resolve) =>
      a.link.ask({ type: 'holder', router: 'web' }, 5_000_000, resolve),
    );
    expect(answer).toEqual({
      type: 'holder',
      state: 'Active',
      priority: 200,
      leaseArmed: true,
      witness: true,
    });
    expect(a.link.status().questions).toEqual({ asked: 1, answered: 1, served: 0 });
    expect(b.link.status().questions.served).toBe(1);
  });

  test('a change is told at once', async () => {
    const a = start('edge-a', port);
    const b = start('edge-b', port);
    let priority = 100;
    b.link.serve({ ...desk(reportOf(100)), report: () => reportOf(priority) });
    await both(a.link, b.link);
    const received = () => a.link.status().paths[0]?.statistics.messagesReceived ?? 0;
    priority = 2;
    const before = received();
    b.link.changed();
    await soon(() => expect(a.link.status().node?.report?.routers[0]?.priority).toBe(2));
    expect(received()).toBeGreaterThan(before);
  });

  test('find each other again when one was started anew', async () => {
    const a = start('edge-a', port);
    const first = start('edge-b', port);
    await both(a.link, first.link);
    first.link.close();
    await soon(() => expect(a.link.status().connected).toBe(false));
    expect(a.link.status().paths[0]?.trouble).toContain('the agent stops');
    expect(a.log.lines.join('\n')).toContain('adverts alone decide');
    const second = start('edge-b', port, { version: '1.1.0', digest: 'd2' });
    await both(a.link, second.link);
    expect(a.link.status().node).toMatchObject({ sameFile: false, sameVersion: false });
    expect(a.log.lines.join('\n')).toContain('pair: the files differ: edge-b runs d2');
    expect(a.log.lines.join('\n')).toContain('edge-b runs Tandem 1.1.0, this host 1.0.0');
  });

  test('two hosts that are reloaded one after the other differ in between, and are said to', async () => {
    const a = start('edge-a', port);
    const b = start('edge-b', port);
    await both(a.link, b.link);
    b.link.setDigest('d2');
    await soon(() => {
      for (const { link } of [a, b]) expect(link.status().node?.sameFile).toBe(false);
    });
    expect(a.link.status().node?.digest).toBe('d2');
    a.link.setDigest('d2');
    await soon(() => {
      for (const { link } of [a, b]) expect(link.status().node?.sameFile).toBe(true);
    });
    for (const { log } of [a, b]) {
      expect(log.lines.filter((line) => line.includes('the files differ'))).toHaveLength(1);
      expect(log.lines.at(-1)).toContain('run the same file again');
    }
  });

  test('part when one host has another secret, and meet when the other one has it too', async () => {
    const a = start('edge-a', port);
    const b = start('edge-b', port);
    await both(a.link, b.link);
    const next = Buffer.from('what comes after the first one');
    b.link.setSecret(next);
    expect([b.link.usesSecret(next), a.link.usesSecret(next)]).toEqual([true, false]);
    await soon(() => {
      for (const { link } of [a, b]) {
        expect(link.status().connected).toBe(false);
        expect(link.status().paths[0]?.trouble).toContain('the secrets of the two hosts differ');
      }
    });
    a.link.setSecret(next);
    await both(a.link, b.link);
    b.link.setSecret(Buffer.from(next));
    expect(b.link.status().connected).toBe(true);
  });

  test('say when their clocks are apart', async () => {
    const a = start('edge-a', port);
    const b = start('edge-b', port, { wallClock: () => 1_060_000 });
    await both(a.link, b.link);
    expect(a.log.lines.join('\n')).toContain('the clock of edge-b is 60 s ahead of');
    expect(b.log.lines.join('\n')).toContain('the clock of edge-a is 60 s behind');
  });
});

describe('what is refused', () => {
  test('another secret, which both sides count and name', async () => {
    const a = start('edge-a', port);
    const b = start('edge-b', port, { secret: Buffer.from('another secret of 28 characters') });
    await soon(() => {
      for (const { link, log } of [a, b]) {
        const [path] = link.status().paths;
        expect(path?.statistics.secretRefused).toBeGreaterThan(0);
        expect(log.lines.join('\n')).toContain('the secrets of the two hosts differ');
      }
    });
    expect(a.link.status()).toMatchObject({ connected: false, node: null });
    expect(b.link.status()).toMatchObject({ connected: false, node: null });
  });

  test('both hosts run as the same node', async () => {
    const a = start('edge-a', port);
    const b = start('edge-b', port, { node: 'edge-a' });
    await soon(() => {
      for (const { link } of [a, b]) {
        expect(link.status().paths[0]?.statistics.secretRefused).toBeGreaterThan(0);
      }
    });
  });
});

test('a question has its deadline, whether the peer answers or is not there', async () => {
  const a = start('edge-a', port);
  const ask = (micros: number) =>
    new Promise((resolve) => a.link.ask({ type: 'holder', router: 'web' }, micros, resolve));
  expect(await ask(1_000_000_000)).toBeNull();
  const b = start('edge-b', port);
  b.link.serve({ report: () => reportOf(100), answer: () => {}, heard: () => {} });
  await both(a.link, b.link);
  expect(await ask(20_000)).toBeNull();
});
