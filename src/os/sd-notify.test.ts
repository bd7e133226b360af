import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { check, libc } from './libc.ts';
import { sdNotify, unixAddress } from './sd-notify.ts';
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from './socket-constants.ts';
import { SocketMessage } from './socket-message.ts';

const message = new SocketMessage(4096);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** What a datagram socket bound to `path` received while `action` ran. */
function receivedDuring(path: string, action: () => void): string {
  const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = check(libc().socket(AF_UNIX, type, 0), 'socket', path);
  try {
    const address = unixAddress(path);
    check(libc().bind(fd, address, address.length), 'bind', path);
    action();
    expect(message.receive(fd, 0, path)).toBe(true);
    return Buffer.from(message.data()).toString();
  } finally {
    libc().close(fd);
  }
}

it('reaches a socket file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-notify-'));
  folders.push(folder);
  const path = join(folder, 'notify');
  const received = receivedDuring(path, () =>
    expect(sdNotify('READY=1', { NOTIFY_SOCKET: path })).toEqual({ sent: true }),
  );
  expect(received).toBe('READY=1');
});

it('reaches an abstract socket', () => {
  const path = `@tandem-notify-${process.pid}`;
  const received = receivedDuring(path, () =>
    expect(sdNotify('STOPPING=1\nSTATUS=bye', { NOTIFY_SOCKET: path })).toEqual({ sent: true }),
  );
  expect(received).toBe('STOPPING=1\nSTATUS=bye');
});

it('says nothing to nobody, and does not throw for a socket that is gone', () => {
  expect(sdNotify('READY=1', {})).toEqual({ sent: false, error: null });
  const result = sdNotify('READY=1', { NOTIFY_SOCKET: '/nonexistent/notify' });
  expect(result).toMatchObject({ sent: false, error: { code: 'ENOENT', call: 'sendto' } });
});
