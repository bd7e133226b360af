/** The lease of a router whose peer watches it with BFD: two sets, and both must hold. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { interfaceIndex } from '../../src/os/interface-index.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import { PacketSocket } from '../../src/os/packet-socket.ts';
import {
  HOST_ADDRESSES,
  makeHosts,
  onHost,
  removeHosts,
  shOn,
} from '../../src/os/two-hosts.case.ts';
import { HOLDER, HOLDER_BFD } from './lease-holder.case.ts';
import { Holder } from './lease-holder-process.case.ts';
import { Capture, question } from './wire.case.ts';

/** An expiry is checked against the kernel's tick (HZ is 100 at least). */
const TICK_MS = 10;
const QUESTION_GAP_MS = 2;

beforeAll(makeHosts);
afterAll(removeHosts);

describe.each([4, 6] as const)('a lease with BFD, IPv%i', (family) => {
  const vip = HOLDER[family];
  const { detectionMs } = HOLDER_BFD;
  let holder: Holder;
  let capture: Capture;
  let asking: NodeJS.Timeout;
  let packets: PacketSocket;

  beforeEach(async () => {
    capture = await Capture.start(
      'right',
      'arp or icmp6 or ip proto 112 or ip6 proto 112 or udp port 3784',
    );
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

  const adverts = () => capture.matching(/> (224\.0\.0\.18|ff02::12) Announcement/);
  const answers = () =>
    capture.matching(
      family === 4 ? /198\.51\.100\.100 is at/ : /Neighbor Advertisement 2001:db8::100 .*\bsol\b/,
    );
  const questions = () =>
    capture.matching(
      family === 4
        ? /Who has 198\.51\.100\.100\? Tell 198\.51\.100\.2/
        : /Neighbor Solicitation for 2001:db8::100 /,
    );
  const saidUp = () => capture.matching(/State: Up/);
  const serving = () => {
    const [had, before] = [answers().length, adverts().length];
    return capture.until(() => answers().length >= had + 20 && adverts().length >= before + 5);
  };
  /** Five Detection Times, until everything of them was captured. */
  const aWhile = () => {
    const until = Date.now() + 5 * detectionMs;
    return capture.until(() => (questions().at(-1)?.atMs ?? 0) >= until);
  };

  it('needs both signals: it ends with the BFD packets, whatever the adverts do', async () => {
    await holder.do('hold');
    await holder.do('bfd-up');
    expect(await holder.do('watch')).toBe(true);
    await aWhile();
    await serving();
    await holder.do('bfd-off');
    await aWhile();
    const last = saidUp().at(-1)!.atMs;
    expect(questions().at(-1)!.atMs - last).toBeGreaterThan(2 * detectionMs);
    expect(answers().at(-1)!.atMs - last).toBeLessThanOrEqual(detectionMs + TICK_MS);
    expect(adverts().at(-1)!.atMs - last).toBeLessThanOrEqual(detectionMs + TICK_MS);
    expect(await holder.do('armed')).toBe(false);
    // What leaves later does not give it back.
    await holder.do('bfd-up');
    await capture.until(() => saidUp().at(-1)!.atMs > last);
    expect(await holder.do('armed')).toBe(false);
    await holder.do('arm');
    await aWhile();
    await serving();
  });

  it('is not renewed by packets of a session that is not up', async () => {
    await holder.do('hold');
    await holder.do('bfd-init');
    await holder.do('watch');
    await aWhile();
    expect(await holder.do('armed')).toBe(false);
  });

  it('is kept by adverts alone while BFD does not count', async () => {
    await holder.do('hold');
    await holder.do('bfd-up');
    await holder.do('watch');
    await serving();
    await holder.do('unwatch');
    await holder.do('bfd-off');
    await aWhile();
    await serving();
    expect(await holder.do('lost')).toEqual([]);
  });

  it('is put back with its pace when somebody flushes the ruleset', async () => {
    await holder.do('hold');
    await holder.do('bfd-up');
    await holder.do('watch');
    shOn('left', 'nft flush ruleset');
    await expect.poll(() => holder.do('lost')).toEqual(['rules']);
    expect(shOn('left', 'nft list ruleset')).toMatch(/update @watch \{ oif timeout \d+ms \}/);
    await holder.do('arm');
    await serving();
  });
});
