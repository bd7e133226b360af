import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { check, libc } from '../os/libc.ts';
import { unixAddress } from '../os/sd-notify.ts';
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from '../os/socket-constants.ts';
import { SocketMessage } from '../os/socket-message.ts';
import { startWatchdog } from './watchdog.ts';

it('says that the process lives, twice in the time allowed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-watchdog-'));
  const path = join(folder, 'notify');
  const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = check(libc().socket(AF_UNIX, type, 0), 'socket', path);
  try {
    const address = unixAddress(path);
    check(libc().bind(fd, address, address.length), 'bind', path);
    const message = new SocketMessage(4096);
    const environment = { NOTIFY_SOCKET: path, WATCHDOG_USEC: '20000', WATCHDOG_PID: '7' };
    expect(startWatchdog(environment, 7)).toBe(10);
    for (let heard = 0; heard < 2; heard++) {
      await vi.waitUntil(() => message.receive(fd, 0, path));
      expect(Buffer.from(message.data()).toString()).toBe('WATCHDOG=1');
    }
  } finally {
    libc().close(fd);
    rmSync(folder, { recursive: true });
  }
});

it.each([
  ['nobody watches', {}],
  ['the watchdog is another process’s', { WATCHDOG_USEC: '20000', WATCHDOG_PID: '8' }],
  ['the time is nonsense', { WATCHDOG_USEC: 'soon' }],
  ['the time is nothing', { WATCHDOG_USEC: '0' }],
])('says nothing when %s', (_, environment) => {
  expect(startWatchdog(environment, 7)).toBeNull();
});
