import { type ChildProcess, spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { AddressWatch, parseMonitorLine } from './address-watch.ts';

const VIP = '198.51.100.100';

test('lines of ip -o monitor are read, whatever the address is joined by', () => {
  const added = `2: eth0    inet ${VIP}/24 scope global secondary eth0\\       valid_lft forever`;
  expect(parseMonitorLine(added, VIP)).toBe(true);
  expect(parseMonitorLine(`Deleted ${added}`, VIP)).toBe(false);
  const six = '7: eth0    inet6 2001:db8::100/64 scope global nodad \\  valid_lft forever';
  expect(parseMonitorLine(six, '2001:db8::100')).toBe(true);
});

test('other addresses, and addresses that begin alike, are not it', () => {
  expect(parseMonitorLine(`2: eth0    inet ${VIP}0/24 scope global eth0`, VIP)).toBeNull();
  expect(parseMonitorLine('2: eth0    inet 198.51.100.10/24 scope global eth0', VIP)).toBeNull();
  expect(parseMonitorLine('2: eth0: <BROADCAST,UP> mtu 1500', VIP)).toBeNull();
  expect(parseMonitorLine('', VIP)).toBeNull();
});

test('holders follow the lines, waiting ends with them, and a dead host holds nothing', async () => {
  const monitors: ChildProcess[] = [];
  const host = (name: string, addresses: readonly string[]) => ({
    name,
    // A stand-in for `ip monitor` that prints what it is told.
    monitor: () => {
      const child = spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] });
      monitors.push(child);
      return child;
    },
    addresses: async () => addresses,
  });
  const watch = await AddressWatch.start([host('edge-a', [VIP]), host('edge-b', [])], VIP);
  expect(watch.holders).toEqual(['edge-a']);
  const onB = watch.until((holders) => holders.join() === 'edge-a,edge-b', 5_000);
  monitors[1]!.stdin!.write(`2: eth0    inet ${VIP}/24 scope global eth0\n`);
  await onB;
  const alone = watch.until((holders) => holders.join() === 'edge-b', 5_000);
  watch.note('edge-a', false);
  await alone;
  await expect(watch.until((holders) => holders.length === 0, 20)).rejects.toThrow('[edge-b]');
  expect(watch.history.map(({ host: name, holds }) => [name, holds])).toEqual([
    ['edge-a', true],
    ['edge-b', true],
    ['edge-a', false],
  ]);
  watch.close();
});
