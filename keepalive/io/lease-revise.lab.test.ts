import { afterAll, beforeAll, expect, it } from 'vitest';
import { interfaceIndex } from '../../src/os/interface-index.ts';
import { makeHosts, onHost, removeHosts, shOn } from '../../src/os/two-hosts.case.ts';
import type { Lease, LeaseTerms, Logger } from '../ports.ts';
import { openLeases } from './lease.ts';
import { installLease, type LeaseScope } from './lease-rules.ts';
import { ownLinkLocal } from './own-link-local.ts';
import { instanceMark, routerTable } from './own-tables.ts';

const RUNTIME_DIR = '/run/tandem';
const BFD = { peer: '198.51.100.2', durationMs: null };
/** What a lease may be for, and changes to and from. */
const TERMS: Readonly<Record<string, Pick<LeaseScope, 'addresses' | 'durationMs' | 'bfd'>>> = {
  'one address': { addresses: ['198.51.100.100'], durationMs: 60_000 },
  'two addresses': { addresses: ['198.51.100.100', '198.51.100.101'], durationMs: 60_000 },
  'another address': { addresses: ['198.51.100.102'], durationMs: 60_000 },
  'a shorter time': { addresses: ['198.51.100.100'], durationMs: 30_000 },
  'one address, and BFD': { addresses: ['198.51.100.100'], durationMs: 60_000, bfd: BFD },
};
const CHANGES = Object.keys(TERMS).flatMap((from) =>
  Object.keys(TERMS).flatMap((to) => (from === to ? [] : [[from, to] as const])),
);

beforeAll(makeHosts);
afterAll(removeHosts);

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

function termsOf(name: string): LeaseTerms {
  const { addresses, durationMs, bfd } = TERMS[name]!;
  return {
    addresses: addresses.map((address) => ({ address, prefixLength: 24 })),
    durationMs,
    ...(bfd === undefined ? {} : { bfdPeer: bfd.peer }),
  };
}

/** Sets and chains of the table, in no order, without the element that comes and goes. */
function listed(table: string): string[] {
  const text = shOn('left', `nft list table netdev ${table}`);
  const lasting = text.replace(/^\s*elements = \{[^}]*\}\n/gm, '');
  return (lasting.match(/^\t(?:set|chain) [\s\S]*?^\t\}/gm) ?? []).sort();
}

/** Rest of the lease, ms. */
function rest(table: string): number {
  const set = shOn('left', `nft list set netdev ${table} lease`);
  const [, minutes, seconds, ms] = /expires (?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?/.exec(set)!;
  return Number(minutes ?? 0) * 60_000 + Number(seconds ?? 0) * 1000 + Number(ms ?? 0);
}

it.each(CHANGES)('a lease for %s becomes one for %s, and runs as long as before', (from, to) => {
  onHost('left', () => {
    const index = interfaceIndex('eth0');
    const base = { interface: 'eth0', interfaceIndex: index, family: 4, vrid: 51 } as const;
    const host = { mark: instanceMark(RUNTIME_DIR), linkLocal: ownLinkLocal(index) };
    const scope: LeaseScope = { ...base, ...host, ...TERMS[to]! };
    const table = routerTable(scope);
    shOn('left', `nft -f - <<'END'\n${installLease(scope, false)}END`);
    const wanted = listed(table);
    const leases = openLeases(silent, RUNTIME_DIR);
    const open = { interface: 'eth0', family: 4, vrid: 51, ...termsOf(from) } as const;
    const lease: Lease = leases.open({ ...open, onLost: () => {} });
    lease.arm();
    const before = rest(table);
    lease.revise(termsOf(to));
    expect(lease.isArmed()).toBe(true);
    expect(listed(table)).toEqual(wanted);
    // Neither longer than before nor ended: only an advert may renew it.
    expect(rest(table)).toBeLessThanOrEqual(before);
    expect(rest(table)).toBeGreaterThan(before - 20_000);
    leases.close();
  });
});
