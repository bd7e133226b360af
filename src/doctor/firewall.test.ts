import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judgeNeed, needsOf } from './firewall.ts';
import type { Probe } from './rule-match.ts';
import { Ruleset } from './ruleset.ts';
import { PAIR, subjectOf } from './subject.case.ts';

/** What nft 1.0.6 printed. */
const listed = (name: string) =>
  new Ruleset(JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8')));
const nftables = listed('nftables.json');
const iptables = listed('iptables.json');

const advert: Probe = {
  family: 4,
  iif: 'eth0',
  oif: null,
  source: '198.51.100.12',
  destination: '224.0.0.18',
  protocol: 112,
  port: null,
};
const client: Probe = {
  ...advert,
  iif: null,
  source: null,
  destination: null,
  protocol: 6,
  port: 80,
};

/** A ruleset of one chain `input` with these rules. */
function chain(policy: 'accept' | 'drop', ...rules: readonly (readonly object[])[]): Ruleset {
  const at = { family: 'inet', table: 'filter' };
  return new Ruleset({
    nftables: [
      { chain: { ...at, name: 'input', hook: 'input', policy } },
      ...rules.map((expr) => ({ rule: { ...at, chain: 'input', expr } })),
    ],
  });
}

describe('rules of nftables', () => {
  test.each([
    ['an advert of the other host', {}, 'yes'],
    ['an advert of its neighbour in the set', { source: '198.51.100.13' }, 'yes'],
    ['an advert of somebody else', { source: '198.51.100.14' }, 'no'],
    ['an advert on another interface', { iif: 'eth1' }, 'no'],
    ['an advert from anywhere', { source: null }, 'maybe'],
    ['an advert over IPv6', { family: 6, source: 'fe80::1' }, 'yes'],
    ['one over IPv6 that is not link-local', { family: 6, source: '2001:db8::1' }, 'no'],
    ['the pair', { ...client, source: '203.0.113.2', port: 9181 }, 'yes'],
    ['the pair from elsewhere', { ...client, source: '203.0.113.3', port: 9181 }, 'no'],
    ['the pair over UDP', { ...client, source: '203.0.113.2', port: 9181, protocol: 17 }, 'no'],
    ['clients within a rate', client, 'maybe'],
    ['clients of another port', { ...client, port: 81 }, 'no'],
    ['a range of ports that a chain sends back', { ...client, iif: 'eth7', port: 8050 }, 'no'],
    ['the same from elsewhere', { ...client, iif: 'wlan0', port: 8050 }, 'yes'],
    ['DNS of a network', { ...client, protocol: 17, port: 53, source: '10.1.2.3' }, 'yes'],
    ['DNS of others', { ...client, protocol: 17, port: 53, source: '11.1.2.3' }, 'no'],
    ['the host itself', { ...client, iif: 'lo', port: 81 }, 'yes'],
  ] as const)('%s', (_, change, passes) => {
    expect(nftables.fate({ ...advert, ...change }, 'in').passes).toBe(passes);
  });

  test('what drops is named', () => {
    expect(nftables.fate({ ...client, port: 81 }, 'in').by).toBe(
      'table inet filter, chain input, policy drop',
    );
    const out = { ...advert, iif: null, source: null, oif: 'eth1' };
    expect(nftables.fate(out, 'out')).toEqual({
      passes: 'no',
      by: 'table inet filter, chain output',
    });
    expect(nftables.fate({ ...out, oif: 'eth0' }, 'out').passes).toBe('yes');
  });
});

test('rules of iptables, of whose matches nft tells the name alone', () => {
  expect(iptables.fate(advert, 'in').passes).toBe('yes');
  expect(iptables.fate({ ...advert, source: '198.51.100.14' }, 'in').passes).toBe('no');
  expect(iptables.fate(client, 'in').passes).toBe('maybe');
  expect(iptables.fate({ ...client, port: 9181 }, 'in').passes).toBe('yes');
  expect(iptables.fate({ ...advert, family: 6 }, 'in').passes).toBe('yes');
});

test.each([
  ['nothing', [], 'accept', 'yes'],
  ['nothing, and a policy', [], 'drop', 'no'],
  ['a drop of everything', [[{ drop: null }]], 'accept', 'no'],
  ['a statement that is not known', [[{ novelty: 1 }, { drop: null }]], 'accept', 'maybe'],
  ['a queue', [[{ queue: { num: 1 } }]], 'drop', 'maybe'],
  [
    'counters and logs before a verdict',
    [[{ counter: {} }, { log: null }, { accept: null }]],
    'drop',
    'yes',
  ],
  [
    'an inverted match',
    [[{ match: { op: '!=', left: { meta: { key: 'iifname' } }, right: 'eth0' } }, { drop: null }]],
    'accept',
    'yes',
  ],
  [
    'a comparison that is not read',
    [[{ match: { op: '<', left: { meta: { key: 'mark' } }, right: 7 } }, { drop: null }]],
    'accept',
    'maybe',
  ],
] as const)('%s', (_, rules, policy, passes) => {
  expect(chain(policy, ...rules).fate(advert, 'in').passes).toBe(passes);
});

test("an empty ruleset filters nothing, and Tandem's own tables do not count", () => {
  expect(new Ruleset({ nftables: [] }).isEmpty).toBe(true);
  const own = {
    family: 'ip',
    table: 'tandem_2_ipv4_51',
    name: 'pre',
    hook: 'prerouting',
    policy: 'drop',
  };
  const ruleset = new Ruleset({ nftables: [{ chain: own }] });
  expect(ruleset.isEmpty).toBe(true);
  expect(ruleset.fate(advert, 'in').passes).toBe('yes');
});

test('a pair needs adverts both ways, the pair connection, BFD, and its listeners', () => {
  expect(needsOf(subjectOf()).map(({ what }) => what)).toEqual([
    'VRRP from 198.51.100.12 on eth0, IPv4',
    'VRRP out of eth0, IPv4',
    'BFD on eth0, IPv4',
    'VRRP from fe80::1 on eth0, IPv6',
    'VRRP out of eth0, IPv6',
    'BFD on eth0, IPv6',
    'pair connection from 203.0.113.2',
    'clients of http, tcp port 80, IPv4',
    'clients of http, tcp port 80, IPv6',
    'clients of dns, udp port 53, IPv4',
  ]);
});

test('each need is judged, with the rule that is wanting', () => {
  const found = needsOf(subjectOf()).map((need) => judgeNeed(need, nftables));
  expect(found.map(({ verdict }) => verdict)).toEqual(
    // BFD is let in by nothing; DNS by clients of one network, which may be what is meant.
    ['ok', 'ok', 'bad', 'ok', 'ok', 'bad', 'ok', 'ok', 'ok', 'ok'],
  );
  expect(found[2]).toMatchObject({
    reason: 'dropped (table inet filter, chain input, policy drop): the BFD session never comes up',
    remedy: 'add to the input chain of your firewall: iifname "eth0" udp dport 3784 accept',
  });
});

test('adverts of nobody knows whom are unknown where some are let in', () => {
  const text = PAIR.replace(/address: 198\.51\.100\.1., /g, '').replace(/ {4}bfd.*\n/, '');
  const [advertIn] = needsOf(subjectOf(text));
  expect(judgeNeed(advertIn!, nftables)).toMatchObject({
    verdict: 'unknown',
    what: 'VRRP on eth0, IPv4',
  });
});
