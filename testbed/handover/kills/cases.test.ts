import { expect, test } from 'vitest';
import { type KillResult, killCases, objectionsTo, rulesetNames } from './cases.ts';

const result: KillResult = {
  role: 'giver',
  death: 'kill',
  afterMs: 3,
  reached: ['receiver handover-received'],
  outageMs: 330,
  calmMs: 6,
  left: [],
  error: null,
};

test('both hosts die at every moment, in both ways', () => {
  expect(killCases('short', 30)).toHaveLength(12);
  const full = killCases('full', 30.2);
  expect(full).toHaveLength(52);
  expect(new Set(full.map((it) => JSON.stringify(it))).size).toBe(52);
  expect(full.slice(0, 13).map(({ afterMs }) => afterMs)).toEqual([
    0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 530,
  ]);
});

test('a plain takeover is allowed, and what the machine did before; nothing may be left', () => {
  expect(objectionsTo(result, 400)).toEqual([]);
  expect(objectionsTo({ ...result, outageMs: 406 }, 400)).toEqual([]);
  expect(objectionsTo({ ...result, outageMs: 407 }, 400)).toEqual([
    'outage 407 ms, at most 400 ms',
  ]);
  expect(objectionsTo({ ...result, left: ['edge-a: ip tandem'] }, 400)).toEqual([
    'left behind: edge-a: ip tandem',
  ]);
  expect(objectionsTo({ ...result, error: 'no answer\nlog' }, 400)).toEqual(['no answer']);
});

test('what a ruleset consists of', () => {
  const listing = `table netdev tandem-51 {
\tset lease51 {
\t\ttype iface_index
\t}

\tchain out {
\t\ttype filter hook egress device "eth0" priority 0; policy accept;
\t}
}
table ip other {
}
`;
  expect(rulesetNames(listing)).toEqual([
    'netdev tandem-51',
    'netdev tandem-51 set lease51',
    'netdev tandem-51 chain out',
    'ip other',
  ]);
  expect(rulesetNames('')).toEqual([]);
});
