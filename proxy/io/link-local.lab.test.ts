import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('link-local addresses come without the zone', async () => {
  const script = new URL('link-local.fixture.ts', import.meta.url).pathname;
  // In a network of its own: the loopback gets a link-local address.
  const setUp = 'ip link set lo up && ip addr add fe80::7/64 dev lo nodad && exec "$0" "$@"';
  const command = ['-rn', 'sh', '-c', setUp, process.execPath, script, 'fe80::7%lo'];
  const { stdout } = await promisify(execFile)('unshare', command);
  expect(JSON.parse(stdout)).toEqual({ remoteAddress: 'fe80::7', localAddress: 'fe80::7' });
});
