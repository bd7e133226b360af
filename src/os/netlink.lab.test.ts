import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OsError } from './errors.ts';
import { interfaceIndex } from './interface-index.ts';
import { formatIp, parseIp } from './ip-address.ts';
import { RouteNetlink } from './netlink.ts';
import { listenToRoutes } from './netlink-events.ts';
import { HOST_ADDRESSES, makeHosts, onHost, removeHosts, shOn } from './two-hosts.case.ts';

const VIP4 = parseIp('198.51.100.100')!;
const VIP6 = parseIp('2001:db8::100')!;

let netlink: RouteNetlink;
let eth0: { index: number; name: string };

beforeAll(makeHosts);
afterAll(removeHosts);
beforeEach(() => {
  netlink = onHost('left', () => new RouteNetlink());
  eth0 = { index: onHost('left', () => interfaceIndex('eth0')), name: 'eth0' };
});
afterEach(() => netlink.close());

function shown(ip: Uint8Array): string {
  return shOn('left', `ip -o address show dev eth0 to ${formatIp(ip)}`).trim();
}

describe('links and addresses', () => {
  it('are read', async () => {
    const links = await netlink.links();
    const found = links.find((link) => link.name === 'eth0');
    expect(found).toMatchObject({ index: eth0.index, up: true, running: true });
    expect(Buffer.from(found!.mac).toString('hex')).toBe(
      HOST_ADDRESSES.left.mac.replaceAll(':', ''),
    );
    const addresses = await netlink.addresses();
    const own = addresses.filter((address) => address.interfaceIndex === eth0.index);
    expect(own.map((address) => formatIp(address.ip))).toEqual([
      HOST_ADDRESSES.left.v4,
      'fe80::ff:fe00:1',
    ]);
  });
});

describe.each([
  ['IPv4', VIP4, 24],
  ['IPv6', VIP6, 64],
] as const)('an %s address', (family, vip, prefix) => {
  it('is added and removed, and doing it twice is harmless', async () => {
    expect(await netlink.addAddress(eth0, vip, prefix)).toBe('added');
    expect(await netlink.addAddress(eth0, vip, prefix)).toBe('present');
    expect(shown(vip)).toContain(`${formatIp(vip)}/${prefix}`);
    if (family === 'IPv6') {
      expect(shown(vip)).toMatch(/nodad deprecated/);
    }
    expect(await netlink.removeAddress(eth0, vip, prefix)).toBe('removed');
    expect(await netlink.removeAddress(eth0, vip, prefix)).toBe('absent');
    expect(shown(vip)).toBe('');
  });

  it('goes by itself when it is given a time, unless that is renewed', async () => {
    const left = () => Number(/valid_lft (\d+)sec/.exec(shown(vip))?.[1]);
    expect(await netlink.addAddress(eth0, vip, prefix, { validSeconds: 2 })).toBe('added');
    expect(left()).toBeLessThanOrEqual(2);
    expect(await netlink.addAddress(eth0, vip, prefix, { validSeconds: 100 })).toBe('present');
    expect(left()).toBeGreaterThan(90);
    expect(await netlink.addAddress(eth0, vip, prefix, { validSeconds: 1 })).toBe('present');
    await expect.poll(() => shown(vip), { timeout: 10_000 }).toBe('');
  });

  it('is removed although somebody gave it another prefix length', async () => {
    shOn('left', `ip address add ${formatIp(vip)}/${prefix + 5} dev eth0`);
    expect(await netlink.removeAddress(eth0, vip, prefix)).toBe('removed');
    expect(shown(vip)).toBe('');
  });

  it('is refused on an interface that is not there', async () => {
    const error = await netlink
      .addAddress({ index: 9999, name: 'gone0' }, vip, prefix)
      .catch((e: OsError) => e);
    expect(String(error)).toBe(
      `OsError: RTM_NEWADDR(gone0, ${formatIp(vip)}/${prefix}): ENODEV, no such device`,
    );
  });
});

it('repairs an IPv6 address that failed duplicate address detection', async () => {
  shOn('right', `ip address add ${formatIp(VIP6)}/64 dev eth0 nodad`);
  shOn('left', 'sysctl -qw net.ipv6.conf.eth0.accept_dad=1');
  shOn('left', `ip address add ${formatIp(VIP6)}/64 dev eth0`);
  let failed = false;
  while (!failed) {
    failed = (await netlink.addresses()).some((address) => address.duplicate);
  }
  expect(await netlink.addAddress(eth0, VIP6, 64)).toBe('added');
  expect(shown(VIP6)).not.toContain('dadfailed');
  await netlink.removeAddress(eth0, VIP6, 64);
  shOn('right', `ip address del ${formatIp(VIP6)}/64 dev eth0`);
});

it('runs requests in order even when they are made at once', async () => {
  const results = await Promise.all([
    netlink.addresses(),
    netlink.addAddress(eth0, VIP4, 24),
    netlink.addresses(),
    netlink.removeAddress(eth0, VIP4, 24),
    netlink.addresses(),
  ]);
  const has = (n: 0 | 2 | 4) => results[n].some((a) => Buffer.compare(a.ip, VIP4) === 0);
  expect([has(0), has(2), has(4)]).toEqual([false, true, false]);
});

it('says which right is missing', () => {
  const script = `
    import { RouteNetlink } from '${new URL('./netlink.ts', import.meta.url).pathname}';
    const netlink = new RouteNetlink();
    const lo = { index: 1, name: 'lo' };
    await netlink.addAddress(lo, Uint8Array.of(198, 51, 100, 9), 32)
      .catch((error) => console.log(error.code));
    netlink.close();`;
  const flags = [
    '--bounding-set=-net_admin',
    process.execPath,
    '--input-type=module',
    '-e',
    script,
  ];
  expect(execFileSync('setpriv', flags, { encoding: 'utf8' })).toBe('EPERM\n');
});

/** Records events as text, and lets a test wait for one. */
class Recorder {
  readonly seen: string[] = [];
  #wake: () => void = () => {};

  readonly listener = {
    onLink: (link: { name: string; running: boolean }) =>
      this.#add(`link ${link.name} ${link.running ? 'running' : 'not running'}`),
    onLinkRemoved: (link: { name: string }) => this.#add(`link ${link.name} removed`),
    onAddress: (address: { ip: Uint8Array }) => this.#add(`+${formatIp(address.ip)}`),
    onAddressRemoved: (address: { ip: Uint8Array }) => this.#add(`-${formatIp(address.ip)}`),
    onLost: () => this.#add('lost'),
  };

  #add(text: string): void {
    this.seen.push(text);
    this.#wake();
  }

  async has(text: string): Promise<void> {
    while (!this.seen.includes(text)) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }
}

describe('events', () => {
  it('tell of an address somebody else removes, of links that fall, come, go', async () => {
    const recorder = new Recorder();
    const events = onHost('left', () => listenToRoutes(recorder.listener));
    await netlink.addAddress(eth0, VIP4, 24);
    await recorder.has('+198.51.100.100');
    shOn('left', 'ip address del 198.51.100.100/24 dev eth0');
    await recorder.has('-198.51.100.100');
    shOn('right', 'ip link set eth0 down');
    await recorder.has('link eth0 not running');
    shOn('right', 'ip link set eth0 up');
    await recorder.has('link eth0 running');
    shOn('left', 'ip link add late0 type veth peer name late1');
    await recorder.has('link late0 not running');
    shOn('left', 'ip link delete late0');
    await recorder.has('link late0 removed');
    events.close();
  });

  it('are missed loudly when too many come at once, and go on after', async () => {
    const recorder = new Recorder();
    const events = onHost('left', () => listenToRoutes(recorder.listener, 4096));
    // The loop stands still while the shell makes more events than the buffer can hold.
    shOn(
      'left',
      'for i in $(seq 200); do echo "address add 203.0.113.$i/32 dev eth0"; done | ip -b -',
    );
    await recorder.has('lost');
    expect(recorder.seen.filter((text) => text.startsWith('+')).length).toBeLessThan(200);
    shOn('left', 'ip address add 203.0.113.250/32 dev eth0');
    await recorder.has('+203.0.113.250');
    events.close();
  });

  it('leave no descriptor open', async () => {
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    for (let i = 0; i < 10; i++) {
      listenToRoutes(new Recorder().listener).close();
      const requests = new RouteNetlink();
      await requests.links();
      requests.close();
    }
    expect(descriptors()).toBe(before);
  });
});
