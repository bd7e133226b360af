import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { interfaceIndex } from '../../src/os/interface-index.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import { PacketSocket } from '../../src/os/packet-socket.ts';
import {
  HOST_ADDRESSES,
  type Host,
  makeHosts,
  onHost,
  removeHosts,
  shOn,
} from '../../src/os/two-hosts.case.ts';
import type { Logger } from '../ports.ts';
import { openLeases } from './lease.ts';
import { HOLDER, PORT } from './lease-holder.case.ts';
import { Holder } from './lease-holder-process.case.ts';
import { Capture, question } from './wire.case.ts';

/** An expiry is checked against the kernel's tick (HZ is 100 at least). */
const TICK_MS = 10;
const QUESTION_GAP_MS = 2;

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

beforeAll(makeHosts);
afterAll(removeHosts);

/** Whether a TCP connection is answered at all: port 9 has nobody, so the answer is a reset. */
function tcp(from: Host, address: string): 'answered' | 'silence' {
  const attempt = `timeout 0.5 bash -c 'exec 3<>/dev/tcp/${address}/9' 2>&1 || :`;
  return shOn(from, attempt).includes('Connection refused') ? 'answered' : 'silence';
}

describe.each([4, 6] as const)('a lease, IPv%i', (family) => {
  const vip = HOLDER[family];
  const advertText = /> (224\.0\.0\.18|ff02::12) Announcement/;
  const answerText =
    family === 4 ? /198\.51\.100\.100 is at/ : /Neighbor Advertisement 2001:db8::100 .*\bsol\b/;
  const questionText =
    family === 4
      ? /Who has 198\.51\.100\.100\? Tell 198\.51\.100\.2/
      : /Neighbor Solicitation for 2001:db8::100 /;
  const filter = `arp or icmp6 or ip proto 112 or ip6 proto 112 or udp port ${PORT}`;
  let holder: Holder;
  let capture: Capture;
  let asking: NodeJS.Timeout;
  let packets: PacketSocket;

  beforeEach(async () => {
    capture = await Capture.start('right', filter);
    holder = await Holder.start(family);
    const index = onHost('right', () => interfaceIndex('eth0'));
    packets = onHost('right', () => new PacketSocket());
    const mac = Uint8Array.from(Buffer.from(HOST_ADDRESSES.right.mac.replaceAll(':', ''), 'hex'));
    const ip = parseIp(family === 4 ? HOST_ADDRESSES.right.v4 : 'fe80::ff:fe00:2')!;
    const frame = question(mac, ip, parseIp(vip.address)!);
    asking = setInterval(() => packets.send(index, frame), QUESTION_GAP_MS);
  });

  afterEach(async () => {
    clearInterval(asking);
    await holder.end('SIGKILL');
    packets.close();
    await capture.stop();
    shOn('left', 'nft flush ruleset');
    shOn('left', `ip address del ${vip.address}/${vip.prefixLength} dev eth0 2>/dev/null || :`);
  });

  const adverts = () => capture.matching(advertText);
  const answers = () => capture.matching(answerText);
  const questions = () => capture.matching(questionText);
  const serving = () => {
    const [had, before] = [answers().length, adverts().length];
    return capture.until(() => answers().length >= had + 20 && adverts().length >= before + 5);
  };
  /** For the time that so many questions take: tshark tells of earlier ones late, so not by count. */
  const moreQuestions = (count: number) => {
    const until = Date.now() + count * QUESTION_GAP_MS;
    return capture.until(() => (questions().at(-1)?.atMs ?? 0) >= until);
  };

  it('lets the host answer while adverts leave, and renews itself', async () => {
    await holder.do('hold');
    await serving();
    // Many durations on: the kernel has renewed it with each advert, nobody else has.
    await moreQuestions((5 * HOLDER.durationMs) / QUESTION_GAP_MS);
    await serving();
    expect(await holder.do('armed')).toBe(true);
  });

  it('silences a frozen agent within its duration, and holds its adverts back on waking', async () => {
    await holder.do('hold');
    await serving();
    await holder.freeze();
    await moreQuestions((3 * HOLDER.durationMs) / QUESTION_GAP_MS);
    // Asked for long enough, however late a busy machine delivers the capture.
    const asked = () => questions().at(-1)!.atMs - adverts().at(-1)!.atMs;
    await expect.poll(asked, { timeout: 10_000 }).toBeGreaterThan(2 * HOLDER.durationMs);
    const lastAdvert = adverts().at(-1)!.atMs;
    const lastAnswer = answers().at(-1)!.atMs;
    expect(lastAnswer - lastAdvert).toBeLessThanOrEqual(HOLDER.durationMs + TICK_MS);
    // Still configured: only mute.
    expect(shOn('left', 'ip address show dev eth0')).toContain(vip.address);

    holder.process.kill('SIGCONT');
    const sentBefore = Number(await holder.do('sent'));
    await expect.poll(async () => Number(await holder.do('sent'))).toBeGreaterThan(sentBefore + 50);
    expect(adverts().at(-1)!.atMs).toBe(lastAdvert);
    expect(answers().at(-1)!.atMs).toBe(lastAnswer);
    expect(await holder.do('armed')).toBe(false);

    await holder.do('arm');
    await serving();
  });

  it('outlives its agent: killed, the host falls silent and stays so', async () => {
    await holder.do('hold');
    await serving();
    await holder.end('SIGKILL');
    await moreQuestions((3 * HOLDER.durationMs) / QUESTION_GAP_MS);
    const silence = answers().at(-1)!.atMs - adverts().at(-1)!.atMs;
    expect(silence).toBeLessThanOrEqual(HOLDER.durationMs + TICK_MS);
    expect(shOn('left', 'ip address show dev eth0')).toContain(vip.address);
    expect(shOn('left', 'nft list tables')).toContain(`_ipv${family}_51`);
    // The next agent starts with a clean host.
    const leases = openLeases(silent, HOLDER.runtimeDir);
    onHost('left', () => leases.sweep([]));
    leases.close();
    expect(shOn('left', 'nft list tables')).toBe('');
  });

  it('ends at once with a priority-0 advert, and when told to', async () => {
    await holder.do('hold');
    await serving();
    await holder.do('end');
    expect(await holder.do('armed')).toBe(false);
    await holder.do('arm');
    await serving();
    await holder.do('resign');
    expect(await holder.do('armed')).toBe(false);
    await capture.until(() => adverts().some(({ text }) => /prio 0\b/.test(text)));
    const resigned = adverts().at(-1)!.atMs;
    await moreQuestions(50);
    expect(answers().at(-1)!.atMs).toBeLessThanOrEqual(resigned + 1);
  });

  describe('and what the host does by itself', () => {
    const own = family === 4 ? HOST_ADDRESSES.left.v4 : '2001:db8::1';

    beforeEach(() => {
      if (family === 6) {
        shOn('left', 'ip address replace 2001:db8::1/64 dev eth0 nodad');
        shOn('right', 'ip address replace 2001:db8::2/64 dev eth0 nodad');
      }
      // Neighbours that believe this host, as after any stall.
      const peer = family === 4 ? HOST_ADDRESSES.right.v4 : '2001:db8::2';
      const neighbour = (ip: string, mac: string) => `${ip} lladdr ${mac} dev eth0 nud permanent`;
      shOn('right', `ip neigh replace ${neighbour(vip.address, HOST_ADDRESSES.left.mac)}`);
      shOn('left', `ip neigh replace ${neighbour(peer, HOST_ADDRESSES.right.mac)}`);
    });

    const announcements = () =>
      capture.matching(
        family === 4
          ? /ARP Announcement for 198\.51\.100\.100/
          : /> ff02::1 Neighbor Advertisement 2001:db8::100/,
      );
    const from = () => capture.matching(new RegExp(`^${vip.address} > .* ${PORT} → ${PORT} `));
    const to = () => capture.matching(new RegExp(`> ${vip.address} \\d+ → ${PORT} `));
    const tell = () => shOn('right', `echo hello > /dev/udp/${vip.address}/${PORT}`, 'bash');

    it('goes out and comes in while the lease runs', async () => {
      await holder.do('hold');
      await holder.do('speak');
      tell();
      await capture.until(() => [announcements, from, to].every((seen) => seen().length > 0));
      await expect.poll(() => holder.do('heard')).toBe(1);
      expect(tcp('right', vip.address)).toBe('answered');
    });

    it('is held back while it is expired, except under its own address', async () => {
      await holder.do('hold');
      await holder.do('resign');
      await holder.do('speak');
      tell();
      expect(tcp('right', vip.address)).toBe('silence');
      expect(tcp('right', own)).toBe('answered');
      await capture.until(() => to().length > 0);
      await moreQuestions(20);
      expect(announcements()).toEqual([]);
      expect(from()).toEqual([]);
      expect(await holder.do('heard')).toBe(0);
    });
  });

  it('is put back, expired, when somebody flushes the ruleset or takes a rule out', async () => {
    await holder.do('hold');
    await serving();
    shOn('left', 'nft flush ruleset');
    await expect.poll(() => shOn('left', 'nft list ruleset')).toContain('hook egress');
    expect(await holder.do('lost')).toEqual(['rules']);
    expect(await holder.do('armed')).toBe(false);
    await holder.do('arm');
    await serving();
    const table = shOn('left', 'nft list tables').trim();
    shOn('left', `nft flush chain ${table.replace('table ', '')} out`);
    await expect.poll(() => holder.do('lost')).toEqual(['rules', 'rules']);
    expect(shOn('left', 'nft list ruleset')).toContain('saddr');
    // Somebody else's tables are nobody's business.
    shOn('left', 'nft add table inet other; nft delete table inet other');
    await holder.do('arm');
    await serving();
    shOn('left', `nft flush set ${table.replace('table ', '')} lease`);
    await expect.poll(() => holder.do('lost')).toEqual(['rules', 'rules', 'expired']);
    await holder.do('arm');
    shOn('left', `nft add ${table} '{ flags dormant; }'`);
    await expect.poll(async () => (await holder.do('lost')) as unknown[]).toHaveLength(4);
    expect(shOn('left', 'nft list ruleset')).not.toContain('dormant');
  });

  it('leaves nothing behind when it is closed', async () => {
    await holder.do('hold');
    await serving();
    holder.process.send('release');
    await once(holder.process, 'exit');
    expect(shOn('left', 'nft list ruleset')).toBe('');
  });
});

describe.each([4, 6] as const)('the host with an expired lease, IPv%i', (family) => {
  const vip = HOLDER[family];

  it('reaches the address on the other host, and hears where it moves', async () => {
    const leases = openLeases(silent, HOLDER.runtimeDir);
    onHost('left', () => leases.open({ ...HOLDER, family, addresses: [vip], onLost() {} }));
    shOn('right', `ip address add ${vip.address}/${vip.prefixLength} dev eth0 nodad`);
    if (family === 6) shOn('left', 'ip address replace 2001:db8::1/64 dev eth0 nodad');
    expect(tcp('left', vip.address)).toBe('answered');
    expect(shOn('left', `ip neigh show ${vip.address}`)).toContain(HOST_ADDRESSES.right.mac);
    onHost('left', () => leases.close());
    shOn('right', `ip address del ${vip.address}/${vip.prefixLength} dev eth0`);
  });
});

describe('opening a lease', () => {
  const options = { ...HOLDER, family: 4 as const, addresses: [HOLDER[4]], onLost() {} };

  it('is armed in less than a millisecond, at the median', () => {
    const leases = openLeases(silent, HOLDER.runtimeDir);
    const lease = onHost('left', () => leases.open(options));
    const times = Array.from({ length: 200 }, () => {
      const before = performance.now();
      lease.arm();
      return performance.now() - before;
    }).sort((a, b) => a - b);
    expect(times[100]).toBeLessThan(1);
    expect(lease.isArmed()).toBe(true);
    leases.close();
  });

  it('sees to it that the kernel never asks in the name of the address', () => {
    const setting = 'sysctl -n net.ipv4.conf.eth0.arp_announce';
    shOn('left', 'sysctl -qw net.ipv4.conf.eth0.arp_announce=0');
    const leases = openLeases(silent, HOLDER.runtimeDir);
    onHost('left', () => leases.open(options));
    expect(shOn('left', setting).trim()).toBe('2');
    onHost('left', () => leases.close());
  });

  it('says why it cannot', () => {
    const leases = openLeases(silent, HOLDER.runtimeDir);
    const open = (change: object) => () =>
      onHost('left', () => leases.open({ ...options, ...change }));
    expect(open({ interface: 'nosuch0' })).toThrow('if_nametoindex(nosuch0): ENODEV');
    expect(open({ addresses: [] })).toThrow('nftables: ');
    const lease = open({})();
    expect(open({})).toThrow('is open already');
    lease.close();
    expect(open({})).not.toThrow();
    onHost('left', () => leases.close());
    expect(shOn('left', 'nft list ruleset')).toBe('');
  });

  it('tells whoever outlives an agent whether its lease still runs', async () => {
    const earlier = openLeases(silent, HOLDER.runtimeDir);
    const leases = openLeases(silent, HOLDER.runtimeDir);
    const runs = () => onHost('left', () => leases.runs(options));
    expect(runs()).toBe(false);
    const lease = onHost('left', () => earlier.open(options));
    expect(runs()).toBe(false);
    onHost('left', () => lease.arm());
    expect(runs()).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, options.durationMs + TICK_MS));
    expect(runs()).toBe(false);
    onHost('left', () => leases.sweep([]));
    leases.close();
    earlier.close();
  });

  it('sweeps what its own instance left behind, but not what must stay mute', () => {
    const other = { ...options, vrid: 52, addresses: [{ ...HOLDER[4], address: '203.0.113.9' }] };
    const left = () => shOn('left', 'nft list tables').match(/_ipv4_\d+/g);
    const second = openLeases(silent, '/run/second');
    onHost('left', () => second.open({ ...options, vrid: 53 }));
    const earlier = openLeases(silent, HOLDER.runtimeDir);
    onHost('left', () => [options, other].map((each) => earlier.open(each).leave()));
    earlier.close();
    const leases = openLeases(silent, HOLDER.runtimeDir);
    onHost('left', () => leases.sweep([other]));
    expect(left()).toEqual(['_ipv4_53', '_ipv4_52']);
    onHost('left', () => leases.sweep([]));
    expect(left()).toEqual(['_ipv4_53']);
    leases.close();
    onHost('left', () => second.close());
    expect(left()).toBeNull();
  });

  it('spares the tables of others when it sweeps', () => {
    shOn('left', 'nft add table netdev other; nft add table inet tandem_like');
    shOn('left', 'nft add table netdev tandem_9_ipv4_7');
    const leases = openLeases(silent, HOLDER.runtimeDir);
    onHost('left', () => leases.sweep([]));
    leases.close();
    const left = shOn('left', 'nft list tables').trim().split('\n').sort();
    expect(left).toEqual([
      'table inet tandem_like',
      'table netdev other',
      'table netdev tandem_9_ipv4_7',
    ]);
    shOn('left', 'nft flush ruleset');
  });
});
