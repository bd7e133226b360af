import { expect, test } from 'vitest';
import { parseIp } from '../os/ip-address.ts';
import type { InterfaceAddress, NetworkLink } from '../os/netlink-message.ts';
import { type AdvertHead, advertHead } from './advert-head.ts';
import { judgeInterfaces, type Network } from './interfaces.ts';
import { type Heard, judgeLan } from './lan.ts';
import { judgeRivals, keepalivedRouters } from './rivals.ts';
import { faults, PAIR, running, subjectOf, told } from './subject.case.ts';

const eth0: NetworkLink = {
  index: 2,
  name: 'eth0',
  mac: new Uint8Array(6),
  up: true,
  running: true,
  mtu: 1500,
};

function address(text: string, index = 2): InterfaceAddress {
  const flags = { secondary: false, tentative: false, duplicate: false };
  return { interfaceIndex: index, ip: parseIp(text)!, prefixLength: 24, ...flags };
}
const own = [address('198.51.100.11'), address('fe80::11'), address('203.0.113.1', 3)];

const faultsOf = (network: Partial<Network>, subject = subjectOf()) =>
  told(faults(judgeInterfaces(subject, { links: [eth0], addresses: own, ...network })));

test('an interface as it should be, with its MTU', () => {
  const found = told(judgeInterfaces(subjectOf(), { links: [eth0], addresses: own }));
  expect(found).toEqual([
    'ok eth0 (web): up, MTU 1500',
    'ok 203.0.113.1 (nodes.edge-a.pair_addresses): is on this host',
    'ok 198.51.100.11 (nodes.edge-a.address): is on this host',
  ]);
});

test.each([
  ['is not there', { links: [] }, 'bad eth0 (web): there is no such interface on this host'],
  ['is down', { links: [{ ...eth0, up: false, running: false }] }, 'bad eth0 (web): it is down'],
  ['has no carrier', { links: [{ ...eth0, running: false }] }, 'bad eth0 (web): it has no carrier'],
  [
    'is too short',
    { links: [{ ...eth0, mtu: 1000 }] },
    'bad eth0 (web): up, MTU 1000: IPv6 needs 1280',
  ],
  [
    'is short',
    { links: [{ ...eth0, mtu: 1400 }] },
    'warn eth0 (web): up, MTU 1400: less than 1500; ',
  ],
] as const)('an interface that %s', (_, network, line) => {
  const [found, ...others] = faultsOf(network);
  expect(others).toEqual([]);
  expect(found?.startsWith(line)).toBe(true);
});

test('adverts need an own address of each family, of IPv6 a link-local one', () => {
  expect(faultsOf({ addresses: [...own.slice(0, 1), ...own.slice(2)] })).toEqual([
    'bad web, IPv6: the interface lacks a link-local IPv6 address, which adverts leave from',
  ]);
  const virtual = [address('198.51.100.100'), ...own.slice(1)];
  const found = faultsOf({ addresses: virtual }, subjectOf(PAIR, { agent: running({}) }));
  expect(found[0]).toContain('bad web, IPv4: the interface lacks an IPv4 address of its own');
  expect(found[1]).toContain(
    'bad 198.51.100.11 (nodes.edge-a.address): this host does not have it',
  );
});

test('a virtual address is a fault only while no agent runs', () => {
  const addresses = [...own, address('198.51.100.100')];
  expect(faultsOf({ addresses })[0]).toContain(
    'bad addresses of web: 198.51.100.100 on eth0 although no agent runs',
  );
  expect(faultsOf({ addresses }, subjectOf(PAIR, { agent: running({}) }))).toEqual([]);
});

test('tracked interfaces are looked at, too', () => {
  const subject = subjectOf(PAIR.replace('proxy: true }', 'proxy: true, interfaces: [eth9] }'));
  expect(faultsOf({}, subject)).toEqual([
    'bad eth9 (tracked): there is no such interface on this host',
  ]);
});

const peer: AdvertHead = {
  source: '198.51.100.12',
  version: 3,
  vrid: 51,
  priority: 100,
  addresses: ['198.51.100.100'],
};

function lanOf(adverts: readonly AdvertHead[], change: Partial<Heard> = {}, subject = subjectOf()) {
  const delivered = new Set(adverts.map(({ source }) => source));
  return judgeLan({ interface: 'eth0', family: 4, adverts, delivered, ...change }, subject);
}

test('nobody, the other host, and other VRIDs are as they should be', () => {
  expect(told(lanOf([]))).toEqual(['ok eth0, IPv4: nobody else advertised in 3 s']);
  const other = { ...peer, source: '198.51.100.77', vrid: 7 };
  expect(told(lanOf([peer, other]))).toEqual([
    'ok eth0, IPv4: heard in 3 s: 198.51.100.12 (VRID 51, 100), 198.51.100.77 (VRID 7, 100)',
  ]);
});

test('a stranger with our VRID is named, with a VRID that nobody uses', () => {
  const stranger = {
    ...peer,
    source: '198.51.100.77',
    addresses: ['198.51.100.200'],
    priority: 150,
  };
  const others = [1, 2, 3].map((vrid) => ({ ...stranger, vrid }));
  const [found, ...more] = lanOf([...others, stranger]);
  expect(more).toEqual([]);
  expect(found).toMatchObject({
    verdict: 'bad',
    what: 'VRID 51 on eth0 (web)',
    reason: expect.stringContaining(
      '198.51.100.77 advertises it as well (VRRPv3, priority 150 for 198.51.100.200)',
    ),
    remedy: expect.stringContaining('another vrid on both hosts (4 was not heard)'),
  });
});

test('over IPv6 whoever advertises our addresses is the other host', () => {
  const six = { ...peer, source: 'fe80::12', addresses: ['fe80::100', '2001:db8::100'] };
  expect(lanOf([six], { family: 6 })).toMatchObject([{ verdict: 'ok' }]);
  const stranger = { ...six, addresses: ['2001:db8::200'] };
  expect(lanOf([stranger], { family: 6 })).toMatchObject([{ verdict: 'bad' }]);
});

test('where the file does not name the other host, our addresses tell it from a stranger', () => {
  const subject = subjectOf(
    PAIR.replace(/address: 198\.51\.100\.1., /g, '')
      .replace(/, pair_addresses: \[[^\]]*\]/g, '')
      .replace(/^pair:.*$/m, '')
      .replace(/pair_addresses: \[[^\]]*\]/g, 'priority: 100')
      .replace(/priority: (\d+), priority: 100/g, 'priority: $1')
      .replace(/ {4}bfd.*\n/, ''),
  );
  expect(lanOf([peer], {}, subject)).toMatchObject([{ verdict: 'ok' }]);
  expect(lanOf([{ ...peer, addresses: [] }], {}, subject)).toMatchObject([{ verdict: 'bad' }]);
});

test('adverts that reach the interface and no process are told', () => {
  expect(lanOf([peer], { delivered: new Set() })).toMatchObject([
    { verdict: 'bad', reason: expect.stringContaining('198.51.100.12 arrive at the interface') },
  ]);
});

const FRAME4 = Buffer.from(
  '01005e000012' +
    '00005e000133' +
    '0800' + // Ethernet
    '45c00020000000 00ff700000c633640ce0000012'.replaceAll(' ', '') +
    '313364010064abcd' + // version 3, VRID 51, priority 100, one address, 1 s
    'c6336464',
  'hex',
);

test('adverts are read from frames, as far as they go', () => {
  expect(advertHead(FRAME4, 4)).toEqual(peer);
  expect(advertHead(FRAME4.subarray(0, -4), 4)).toEqual({ ...peer, addresses: [] });
  expect(advertHead(FRAME4.subarray(0, 40), 4)).toBeNull();
  for (let length = 0; length < FRAME4.length; length++) advertHead(FRAME4.subarray(0, length), 6);
  const tcp = Buffer.from(FRAME4);
  tcp[23] = 6;
  expect(advertHead(tcp, 4)).toBeNull();
});

const KEEPALIVED = `
vrrp_instance WEB {   # ours
  state BACKUP
  interface eth0
  virtual_router_id 51
  virtual_ipaddress { 198.51.100.100/24 }
}
! vrrp_instance OFF { interface eth0 virtual_router_id 9 }
vrrp_instance "mail" { interface "eth1"
  virtual_router_id 51 }
`;

test("keepalived's instances are read", () => {
  expect(keepalivedRouters(KEEPALIVED)).toEqual([
    { name: 'WEB', interface: 'eth0', vrid: 51 },
    { name: 'mail', interface: 'eth1', vrid: 51 },
  ]);
  expect(keepalivedRouters('global_defs { }')).toEqual([]);
});

test('keepalived with our VRID is bad, with others a warning, and nobody is well', () => {
  const keepalived = { pid: 12, name: 'keepalived', commandLine: '/usr/sbin/keepalived' };
  const judge = (text: string | null) =>
    judgeRivals(subjectOf(), [keepalived], text === null ? null : keepalivedRouters(text));
  expect(judge(KEEPALIVED)).toMatchObject([
    {
      verdict: 'bad',
      what: 'keepalived (pid 12)',
      reason: expect.stringContaining('VRID 51 on eth0'),
      remedy: 'sudo systemctl disable --now keepalived',
    },
  ]);
  expect(judge(KEEPALIVED.replace('eth0', 'eth5'))).toMatchObject([{ verdict: 'warn' }]);
  expect(judge(null)).toMatchObject([{ verdict: 'warn' }]);
  expect(judgeRivals(subjectOf(), [], [])).toMatchObject([{ verdict: 'ok' }]);
});
