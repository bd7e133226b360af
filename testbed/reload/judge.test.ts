import { expect, test } from 'vitest';
import type { KindResult } from '../handover/result.ts';
import { advertGaps, judgeReloads, type Observation, type ProcessSample } from './judge.ts';

const MIB = 1024 ** 2;
const client = { kind: 'websocket', exchanges: 10, incidents: [] } as unknown as KindResult;
const none = { failed: 0, broken: 0, wrong: 0, ended: 0 };
const sample = (
  half: string,
  index: number,
  bytes = 100 * MIB,
  descriptors = 50,
): ProcessSample => ({
  ...{ half, atMs: index * 600, residentBytes: bytes, descriptors },
});
const hundred = Array.from({ length: 100 }, (_, index) => index);
const steady = (half: string) => hundred.map((index) => sample(half, index));

const good: Observation = {
  advertMs: 100,
  reloads: 100,
  overMs: 60_000,
  marks: ['edge-a', 'edge-b'].flatMap((host) =>
    hundred.map((i) => ({ host, atMs: i * 600, tookMs: 80, result: 'applied', said: [] })),
  ),
  clients: [{ ...client, ...none }],
  adverts: Array.from({ length: 600 }, (_, i) => ({
    atMs: i * 100 + (i % 3) * 10,
    from: '198.51.100.11',
  })),
  samples: [...steady('keepalive'), ...steady('proxy')],
  transitions: [],
  lostDrains: [],
};

test('a run without a flaw', () => {
  expect(judgeReloads(good)).toEqual([]);
});

const but = (change: Partial<Observation>) => judgeReloads({ ...good, ...change }).join('\n');

test.each([
  ['failed', /websocket: 1 failed \(failed: reset\)/],
  ['broken', /websocket: 1 broken/],
  ['wrong', /websocket: 1 wrong/],
  ['ended', /websocket: 1 ended/],
])('a client whose connection was %s', (what, said) => {
  const incidents = [{ afterMs: 1, text: 'failed: reset' }];
  expect(but({ clients: [{ ...client, ...none, incidents, [what]: 1 }] })).toMatch(said);
});

test('clients that did nothing prove nothing', () => {
  expect(but({ clients: [] })).toBe('there were no clients');
  expect(but({ clients: [{ ...client, ...none, exchanges: 0 }] })).toContain(
    'nothing was exchanged',
  );
});

test('an advert that is later than half an interval, and adverts that nobody heard', () => {
  const late = good.adverts.map((it, i) => (i < 300 ? it : { ...it, atMs: it.atMs + 90 }));
  expect(but({ adverts: late })).toMatch(
    /^170 ms between two adverts of 198.51.100.11, at most 150$/,
  );
  expect(but({ adverts: [] })).toBe('only 0 adverts were heard');
});

test('silence is counted for each sender alone', () => {
  const both = [0, 100, 200].flatMap((atMs) => [
    { atMs, from: 'a' },
    { atMs: atMs * 2, from: 'b' },
  ]);
  expect([...advertGaps(both)]).toEqual([
    ['a', 100],
    ['b', 200],
  ]);
});

test('memory and descriptors that grow after the first reloads', () => {
  const growing = hundred.map((i) => sample('proxy', i, (100 + Math.max(0, i - 20)) * MIB));
  expect(but({ samples: [...steady('keepalive'), ...growing] })).toMatch(/^proxy: memory grew by/);
  const leaking = hundred.map((i) => sample('keepalive', i, 100 * MIB, 50 + i));
  expect(but({ samples: [...leaking, ...steady('proxy')] })).toMatch(
    /^keepalive: \d+ descriptors more/,
  );
  const warming = hundred.map((i) => sample('proxy', i, (100 + Math.min(i, 20)) * MIB));
  expect(but({ samples: [...steady('keepalive'), ...warming] })).toBe('');
  expect(but({ samples: steady('keepalive') })).toContain('proxy: 0 looks at its memory');
});

test('of a short run nothing is said about memory', () => {
  const short = { reloads: 10, overMs: 6_000, samples: [] };
  expect(but({ ...short, marks: good.marks.filter(({ atMs }) => atMs < 6_000) })).toBe('');
});

test('reloads that were refused, missing or slow', () => {
  const [first, ...rest] = good.marks;
  const refused = { ...first!, result: 'refused', said: ['port 80 is in use'] };
  expect(but({ marks: [refused, ...rest] })).toBe(
    'a reload of edge-a was refused: port 80 is in use',
  );
  expect(but({ marks: rest })).toBe('edge-a was reloaded 99 times of 100');
  expect(but({ marks: good.marks.map((it) => ({ ...it, atMs: it.atMs * 2 })) })).toContain(
    'took 119 s',
  );
});

test('an address that moved, and a server that forgot it is drained', () => {
  expect(but({ transitions: ['edge-a: web Active to Backup'] })).toContain('an address moved');
  expect(but({ lostDrains: ['198.51.100.21:80'] })).toContain('is used again');
});
