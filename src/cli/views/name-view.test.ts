import { expect, test } from 'vitest';
import type { NamedServersStatus } from '../../../proxy/index.ts';
import { nameView } from './name-view.ts';

const NOW = 1_700_000_000_000;

const name: NamedServersStatus = {
  name: 'origin.example.com',
  upstreams: ['api'],
  state: 'resolved',
  addresses: ['198.51.100.21', '198.51.100.22'],
  leftOut: 0,
  resolvedAt: NOW - 12_000,
  ttlMs: 30_000,
  nextLookupAt: NOW + 18_000,
  problem: null,
  problemText: null,
  failures: 0,
  lookups: 7,
  lookupsFailed: 0,
};

test('without names there is nothing to say', () => {
  expect(nameView([], NOW)).toEqual([]);
});

test('a name that is well, one that is stale, and one that stands for nothing', () => {
  const stale = {
    ...name,
    name: 'SRV _http._tcp.example.com',
    state: 'stale' as const,
    addresses: [21, 22, 23, 24, 25].map((last) => `198.51.100.${last}:80`),
    leftOut: 3,
    resolvedAt: NOW - 65_000,
    problemText: 'no name server answers in time',
    lookupsFailed: 4,
  };
  const none = {
    ...name,
    name: 'gone.example.com',
    state: 'unresolved' as const,
    addresses: [],
    resolvedAt: null,
    ttlMs: null,
    problemText: 'there is no such name (NXDOMAIN)',
  };
  expect(nameView([name, stale, none], NOW).map((row) => row.replace(/ {2,}/g, ' | '))).toEqual([
    '',
    'NAME | STATE | AGE | TTL | NEXT | LOOK-UPS | FAILED | ADDRESSES | REMARK',
    'origin.example.com | resolved | 12s | 30s | 18s | 7 | 0 | 198.51.100.21 198.51.100.22',
    'SRV _http._tcp.example.com | stale | 1m 5s | 30s | 18s | 7 | 4 | ' +
      '198.51.100.21:80 198.51.100.22:80 198.51.100.23:80 198.51.100.24:80 | ' +
      '1 more addresses, 3 addresses are too many, no name server answers in time',
    'gone.example.com | unresolved | - | - | 18s | 7 | 0 | - | there is no such name (NXDOMAIN)',
  ]);
});
