import { describe, expect, it } from 'vitest';
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import type { InterfaceAddress, NetworkLink } from '../../src/os/netlink-message.ts';
import { InterfaceTable } from './interface-table.ts';

const eth0: NetworkLink = {
  index: 2,
  name: 'eth0',
  mac: Uint8Array.of(2, 0, 0, 0, 0, 1),
  up: true,
  running: true,
  mtu: 1500,
};

function address(text: string, flags: Partial<InterfaceAddress> = {}): InterfaceAddress {
  const base = { secondary: false, tentative: false, duplicate: false };
  return { interfaceIndex: 2, ip: parseIp(text)!, prefixLength: 24, ...base, ...flags };
}

function tableOf(...addresses: InterfaceAddress[]): InterfaceTable {
  const table = new InterfaceTable();
  table.replace([eth0], addresses);
  return table;
}

function sourceText(table: InterfaceTable, family: 4 | 6): string | null {
  const source = table.sourceAddress(2, family);
  return source === null ? null : formatIp(source);
}

describe('links', () => {
  it('tell of a new interface, of changes that matter, and of no others', () => {
    const table = new InterfaceTable();
    const { up: _, mtu: __, ...state } = eth0;
    expect(table.setLink(eth0)).toEqual([{ type: 'link', interface: 'eth0', link: state }]);
    expect(table.setLink({ ...eth0 })).toEqual([]);
    expect(table.setLink({ ...eth0, running: false })).toEqual([
      { type: 'link', interface: 'eth0', link: { ...state, running: false } },
    ]);
    const mac = Uint8Array.of(2, 0, 0, 0, 0, 9);
    expect(table.setLink({ ...eth0, running: false, mac })).toHaveLength(1);
    expect(table.link('eth0')).toEqual({ ...state, running: false, mac });
  });

  it('are followed through a new name', () => {
    const table = tableOf();
    const { up: _, mtu: __, ...state } = eth0;
    expect(table.setLink({ ...eth0, name: 'lan0' })).toEqual([
      { type: 'link', interface: 'eth0', link: null },
      { type: 'link', interface: 'lan0', link: { ...state, name: 'lan0' } },
    ]);
    expect(table.link('eth0')).toBeNull();
  });

  it('take their addresses along when they go', () => {
    const table = tableOf(address('198.51.100.1'));
    expect(table.removeLink(2)).toEqual([{ type: 'link', interface: 'eth0', link: null }]);
    expect(table.removeLink(2)).toEqual([]);
    expect(sourceText(table, 4)).toBeNull();
  });
});

describe('the IPv4 source address', () => {
  it('is the primary one, not a secondary one and never a virtual one', () => {
    const table = tableOf(
      address('198.51.100.7', { secondary: true }),
      address('198.51.100.1'),
      address('203.0.113.1'),
    );
    expect(sourceText(table, 4)).toBe('198.51.100.1');
    table.removeAddress(address('198.51.100.1'));
    expect(sourceText(table, 4)).toBe('203.0.113.1');
    table.removeAddress(address('203.0.113.1'));
    expect(sourceText(table, 4)).toBe('198.51.100.7');
    table.markVirtual(2, parseIp('198.51.100.7')!);
    expect(sourceText(table, 4)).toBeNull();
  });

  it('is not an address that the kernel has just removed', () => {
    const vip = parseIp('198.51.100.100')!;
    const table = tableOf(address('198.51.100.100'));
    expect(table.markVirtual(2, vip)).toBe(true);
    expect(table.markVirtual(2, vip)).toBe(false);
    table.dropVirtual(2, vip);
    expect(sourceText(table, 4)).toBeNull();
  });

  it('is an address the host had before it became virtual too (the owner)', () => {
    const vip = parseIp('198.51.100.100')!;
    const table = tableOf(address('198.51.100.100'));
    table.markVirtual(2, vip);
    table.unmarkVirtual(2, vip);
    expect(sourceText(table, 4)).toBe('198.51.100.100');
  });
});

describe('the IPv6 source address', () => {
  it('is the link-local one, once it is usable', () => {
    const table = tableOf(address('2001:db8::1'), address('fe80::1', { tentative: true }));
    expect(sourceText(table, 6)).toBeNull();
    table.setAddress(address('fe80::1', { duplicate: true }));
    expect(sourceText(table, 6)).toBeNull();
    expect(table.setAddress(address('fe80::1'))).toEqual([
      { type: 'address-added', interface: 'eth0', address: 'fe80::1' },
    ]);
    expect(sourceText(table, 6)).toBe('fe80::1');
  });

  it('is not a virtual link-local address', () => {
    const table = tableOf(address('fe80::100'), address('fe80::1'));
    table.markVirtual(2, parseIp('fe80::100')!);
    expect(sourceText(table, 6)).toBe('fe80::1');
  });
});

describe('the source address towards a neighbour', () => {
  const towards = (table: InterfaceTable, neighbour: string) => {
    const source = table.sourceTowards(2, parseIp(neighbour)!);
    return source === null ? null : formatIp(source);
  };

  it('is the one in its network, else the primary one; never a virtual one', () => {
    const table = tableOf(
      address('203.0.113.1'),
      address('198.51.100.7', { secondary: true }),
      address('198.51.100.1'),
      address('198.51.100.200', { prefixLength: 25 }),
    );
    expect(towards(table, '198.51.100.2')).toBe('198.51.100.1');
    expect(towards(table, '203.0.113.2')).toBe('203.0.113.1');
    expect(towards(table, '192.0.2.1')).toBe('203.0.113.1');
    table.markVirtual(2, parseIp('198.51.100.1')!);
    expect(towards(table, '198.51.100.199')).toBe('198.51.100.200');
    expect(towards(table, '198.51.100.2')).toBe('198.51.100.7');
    expect(towards(tableOf(), '198.51.100.2')).toBeNull();
    expect(towards(table, '2001:db8::2')).toBeNull();
  });

  it('is link-local for a link-local neighbour and global for a global one', () => {
    const wide = { prefixLength: 64 };
    const table = tableOf(
      address('2001:db8:1::1', wide),
      address('2001:db8::1', wide),
      address('fe80::1', wide),
    );
    expect(towards(table, 'fe80::2')).toBe('fe80::1');
    expect(towards(table, '2001:db8::2')).toBe('2001:db8::1');
    expect(towards(table, '2001:db8:1::2')).toBe('2001:db8:1::1');
    expect(towards(tableOf(address('fe80::1', wide)), '2001:db8::2')).toBeNull();
    table.setAddress(address('2001:db8::1', { ...wide, tentative: true }));
    expect(towards(table, '2001:db8::2')).toBe('2001:db8:1::1');
  });
});

it('knows a fixed source address while it is there, usable, and not virtual', () => {
  const table = tableOf(address('198.51.100.1'), address('2001:db8::1', { tentative: true }));
  const own = (text: string) => table.ownAddress(2, parseIp(text)!)?.length ?? null;
  expect(own('198.51.100.1')).toBe(4);
  expect(own('198.51.100.2')).toBeNull();
  expect(own('2001:db8::1')).toBeNull();
  table.setAddress(address('2001:db8::1'));
  expect(own('2001:db8::1')).toBe(16);
  table.markVirtual(2, parseIp('198.51.100.1')!);
  expect(own('198.51.100.1')).toBeNull();
});

it('keeps silent about addresses of an interface nobody has named', () => {
  const table = new InterfaceTable();
  expect(table.setAddress(address('198.51.100.1'))).toEqual([]);
  expect(table.removeAddress(address('198.51.100.1'))).toEqual([]);
});
