import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseIp } from '../../src/os/ip-address.ts';
import { UsableAddresses } from './usable-addresses.ts';

const ADDRESS = parseIp('2001:db8::80')!;
const OTHER = parseIp('2001:db8::81')!;
const EVENT = { interfaceIndex: 3, ip: ADDRESS, tentative: false, duplicate: false };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Whether the address counts as usable by now. */
async function settled(usable: Promise<void>): Promise<boolean> {
  return await Promise.race([usable.then(() => true), Promise.resolve().then(() => false)]);
}

function heard(event: Partial<typeof EVENT>): [UsableAddresses, Promise<void>] {
  const addresses = new UsableAddresses();
  const { usable } = addresses.expect(3, ADDRESS);
  addresses.heard({ ...EVENT, ...event } as Parameters<UsableAddresses['heard']>[0]);
  return [addresses, usable];
}

it('an address is usable when the kernel says so, and no timer is left', async () => {
  const [, usable] = heard({});
  await usable;
  expect(vi.getTimerCount()).toBe(0);
});

it.each([
  ['is still being looked for on the link', { tentative: true }],
  ['is somebody else’s', { duplicate: true }],
  ['is on another interface', { interfaceIndex: 4 }],
  ['is another one', { ip: OTHER }],
])('one that %s is waited for, but not for long', async (_case, event) => {
  const [, usable] = heard(event);
  expect(await settled(usable)).toBe(false);
  vi.advanceTimersByTime(50);
  await usable;
  expect(vi.getTimerCount()).toBe(0);
});

it('one that is not waited for any more is forgotten; who expects it anew is told', async () => {
  const addresses = new UsableAddresses();
  const first = addresses.expect(3, ADDRESS);
  const second = addresses.expect(3, ADDRESS);
  first.cancel();
  await first.usable;
  expect(await settled(second.usable)).toBe(false);
  addresses.heard(EVENT as Parameters<UsableAddresses['heard']>[0]);
  await second.usable;
  expect(vi.getTimerCount()).toBe(0);
});
