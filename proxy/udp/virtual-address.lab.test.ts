import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it.each(['198.51.100.100', '2001:db8::100'])(
  'a wildcard listener answers from the virtual address %s while it is here, and not after',
  async (address) => {
    const script = new URL('virtual-address.fixture.ts', import.meta.url).pathname;
    // In a network of its own. The route prefers other addresses as a source.
    const setUp = `ip link set lo up
      ip address add 198.51.100.1/32 dev lo
      ip address add 198.51.100.100/32 dev lo
      ip -6 address add 2001:db8::1/128 dev lo nodad
      ip -6 address add 2001:db8::100/128 dev lo nodad
      exec "$0" "$@"`;
    const command = ['-rn', 'sh', '-ec', setUp, process.execPath, script, address];
    const { stdout } = await promisify(execFile)('unshare', command, { timeout: 20_000 });
    expect(JSON.parse(stdout)).toEqual({
      text: 'question, answer',
      from: address,
      datagramsOut: 1,
      datagramsDropped: 1,
      open: 1,
    });
  },
);
