import { afterEach, describe, expect, it } from 'vitest';
import { parseIp } from '../src/os/ip-address.ts';
import { encodeAdvertisement } from './packet/advertisement.ts';
import { multicastGroup } from './packet/multicast-group.ts';
import { type PairOptions, SimPair, VIRTUAL_ADDRESS } from './simulator/sim-pair.case.ts';

const ms = 1000;
const s = 1_000_000;

let pair: SimPair;
afterEach(() => pair.stop());

/** A pair in which `a` (priority 200) is Active. */
async function elected(options?: PairOptions): Promise<SimPair> {
  pair = await new SimPair(options).elected();
  expect(pair.states()).toEqual(['Active', 'Backup']);
  return pair;
}

describe('addresses', () => {
  it('that somebody removes are put back at once, announced, and more slowly each time', async () => {
    await elected();
    const gaps: number[] = [];
    for (let i = 0; i < 5; i++) {
      await pair.run(1_500 * ms);
      const announced = pair.announcements.length;
      const from = pair.clock.now;
      pair.a.meddle(VIRTUAL_ADDRESS, false);
      while (pair.a.addresses.size === 0) await pair.run(100);
      gaps.push(pair.clock.now - from);
      await pair.run(ms);
      expect(pair.announcements.length).toBeGreaterThan(announced);
    }
    expect(gaps[0]).toBeLessThan(3 * ms);
    expect(gaps.slice(1).map((gap) => Math.round(gap / (100 * ms)))).toEqual([1, 3, 10, 30]);
    expect(pair.logged(/somebody removed 198\.51\.100\.100 from eth0 while Active/)).toHaveLength(
      5,
    );
    expect(pair.router(pair.a).statistics.addressesRepaired).toBe(5);
    expect(pair.states()).toEqual(['Active', 'Backup']);
  });

  it('that appear on a Backup are removed', async () => {
    await elected();
    pair.b.meddle(VIRTUAL_ADDRESS, true);
    await pair.run(5 * ms);
    expect(pair.holders()).toEqual(['a']);
    expect(pair.logged(/198\.51\.100\.100 is on eth0 while not Active: removing it/)).toHaveLength(
      1,
    );
  });

  it('of others are left alone', async () => {
    await elected();
    pair.b.meddle('198.51.100.7', true);
    await pair.run(s);
    expect([...pair.b.addresses]).toEqual(['198.51.100.7']);
    pair.b.meddle('198.51.100.7', false);
  });

  it('left by a killed agent are swept at the next start', async () => {
    await elected();
    pair.a.kill();
    await pair.until(pair.b, 'Active', 400 * ms);
    await pair.run(ms);
    expect(pair.holders()).toEqual(['a', 'b']);
    pair.startHost(pair.a);
    await pair.run(3 * ms);
    expect(pair.holders()).toEqual(['b']);
  });

  it('whose changes were missed are looked at again', async () => {
    // With a lease there is no renewal that would look at them anyway.
    await elected({ leased: true });
    pair.a.addresses.clear();
    await pair.run(s);
    expect(pair.holders()).toEqual([]);
    pair.a.resync();
    await pair.run(5 * ms);
    expect(pair.holders()).toEqual(['a']);
  });

  it('of an owner stay when the agent stops, if they were there before it', async () => {
    pair = new SimPair({ a: { priority: 255 } });
    pair.a.addresses.add(VIRTUAL_ADDRESS);
    pair.startHost(pair.a);
    expect(pair.router(pair.a).state).toBe('Active');
    await pair.run(100 * ms);
    const stopped = pair.a.agent?.stop();
    await pair.run(100 * ms);
    await stopped;
    expect(pair.holders()).toEqual(['a']);
  });

  it('that the kernel refuses are a fault: the peer takes over, and it does not flap', async () => {
    pair = new SimPair();
    pair.a.refuseAddresses = true;
    await pair.elected();
    await pair.run(s);
    expect(pair.states()).toEqual(['Backup', 'Active']);
    expect(pair.holders()).toEqual(['b']);
    expect(pair.router(pair.a).priority).toMatchObject({ effective: 2 });
    expect(pair.router(pair.a).priority.trackers[0]?.reason).toContain('EPERM');
    const before = pair.transitions.length;
    await pair.run(25 * s);
    expect(pair.transitions.length).toBe(before);
    pair.a.refuseAddresses = false;
    await pair.run(10 * s);
    expect(pair.holders()).toEqual(['a']);
  });
});

describe('an address that cannot be renewed', () => {
  it('is given up as soon as its router is Backup', async () => {
    await elected();
    pair.a.refuseAddresses = true;
    await pair.until(pair.a, 'Backup', 700 * ms);
    expect(pair.router(pair.a).priority.trackers[0]).toMatchObject({ kind: 'address' });
    await pair.run(3 * ms);
    expect(pair.holders()).toEqual(['b']);
  });
});

describe('the interface', () => {
  it('without carrier takes the router out of the election, and back when it returns', async () => {
    await elected();
    pair.a.setLink('down');
    await pair.run(ms);
    expect(pair.router(pair.a)).toMatchObject({
      state: 'Initialize',
      waitingFor: 'the interface has no carrier or is down',
    });
    expect(pair.holders()).toEqual([]);
    await pair.until(pair.b, 'Active', 400 * ms);
    pair.a.setLink('up');
    await pair.run(200 * ms);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(pair.router(pair.a).waitingFor).toBeNull();
  });

  it('that is missing at start is waited for, and said so', async () => {
    pair = new SimPair();
    pair.a.setLink('missing');
    pair.startHost(pair.a);
    expect(pair.logged(/web waits for eth0: the interface does not exist/)).toHaveLength(1);
    await pair.run(5 * s);
    // It comes without an event: the agent looks for itself.
    pair.a.setLink('up', true);
    await pair.run(1_500 * ms);
    expect(pair.router(pair.a).state).toBe('Active');
    expect(pair.logged(/waits for eth0/)).toHaveLength(1);
  });

  it('that is deleted and made again has its socket opened anew', async () => {
    await elected();
    pair.b.setLink('missing');
    await pair.run(10 * ms);
    pair.b.setLink('up');
    await pair.run(2 * s);
    // A deaf socket would have made it Active.
    expect(pair.states()).toEqual(['Active', 'Backup']);
  });

  it('that is only tracked is a fault when it goes down', async () => {
    const eth1 = { name: 'eth1', weight: 0, upDelayMs: 0, downDelayMs: 0 };
    pair = new SimPair({ both: { track: { proxy: false, interfaces: [eth1], scripts: [] } } });
    for (const host of [pair.a, pair.b]) host.setTracked('eth1', true);
    await pair.elected();
    pair.a.setTracked('eth1', false);
    await pair.until(pair.b, 'Active', 100 * ms);
    expect(pair.router(pair.a).priority.trackers).toEqual([
      {
        kind: 'interface',
        name: 'eth1',
        effect: { type: 'fault' },
        reason: 'down or without carrier',
      },
    ]);
    pair.b.setTracked('eth1', false);
    await pair.run(s);
    // Both sick: it stays where it is.
    expect(pair.states()).toEqual(['Backup', 'Active']);
  });
});

describe('sending', () => {
  it('that the kernel refuses for a moment costs nothing but a counter and a line', async () => {
    await elected();
    pair.a.refuseSends = true;
    await pair.run(150 * ms);
    pair.a.refuseSends = false;
    await pair.run(s);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    const { sendErrors } = pair.router(pair.a).statistics;
    expect(sendErrors).toBeGreaterThanOrEqual(1);
    expect(pair.logged(/cannot send an advertisement: sendto\(eth0\): EPERM/)).toHaveLength(1);
  });

  it('that it refuses for longer is a fault: the peer takes over and keeps the address', async () => {
    await elected();
    pair.a.refuseSends = true;
    await pair.run(s);
    expect(pair.states()).toEqual(['Backup', 'Active']);
    expect(pair.holders()).toEqual(['b']);
    await pair.run(20 * s);
    expect(pair.states()).toEqual(['Backup', 'Active']);
  });

  it('that fails on a lone node does not make it give the address up', async () => {
    await elected();
    pair.b.kill();
    pair.a.refuseSends = true;
    await pair.run(5 * s);
    expect(pair.holders()).toEqual(['a']);
    expect(pair.router(pair.a).priority.effective).toBe(2);
    pair.a.refuseSends = false;
    await pair.run(200 * ms);
    expect(pair.router(pair.a).priority.effective).toBe(200);
  });
});

describe('a partition that heals', () => {
  const cut = (on: boolean) => {
    pair.lan.cut(pair.a.station, pair.b.station, on);
    pair.lan.cut(pair.b.station, pair.a.station, on);
  };

  it('ends with one holder within an interval, which announces once more', async () => {
    await elected();
    cut(true);
    await pair.run(20 * s);
    expect(pair.holders()).toEqual(['a', 'b']);
    const announced = pair.announcements.length;
    cut(false);
    await pair.run(101 * ms);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    await pair.run(ms);
    expect(pair.holders()).toEqual(['a']);
    expect(pair.announcements.slice(announced)).toContain('a');
    expect(pair.announcements.at(-1)).toBe('a');
  });
});

describe('packets that are wrong', () => {
  const stranger = parseIp('198.51.100.66')!;
  const message = (change: Partial<Parameters<typeof encodeAdvertisement>[0]> = {}) =>
    encodeAdvertisement(
      {
        version: 3,
        vrid: 51,
        priority: 254,
        intervalMicros: 100_000,
        addresses: [parseIp(VIRTUAL_ADDRESS)!],
        ...change,
      },
      { source: stranger, destination: multicastGroup(4), checksumForm: 'pseudo-header' },
    );

  async function inject(bytes: Uint8Array, hopLimit = 255, source = stranger): Promise<void> {
    pair.lan.send({ protocol: 'vrrp', from: -1, message: bytes, source, hopLimit });
    await pair.run(ms);
  }

  it('are counted and change nothing', async () => {
    await elected();
    await inject(message(), 64);
    await inject(message({ vrid: 99 }));
    await inject(message({ addresses: [] }));
    await inject(message({ version: 2, intervalMicros: 1_000_000 }));
    await inject(message().subarray(0, 10));
    const broken = message();
    broken[2] = 250;
    await inject(broken);
    await inject(message(), 255, parseIp('198.51.100.12')!);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(pair.router(pair.a).statistics).toMatchObject({
      ipTtlErrors: 1,
      addressListErrors: 1,
      versionErrors: 1,
      packetLengthErrors: 1,
      // The last one has the checksum of another sender.
      checksumErrors: 2,
    });
    expect(pair.a.agent?.status().links[0]?.statistics).toMatchObject({
      vridErrors: 1,
      ipTtlErrors: 1,
      checksumErrors: 2,
    });
    expect(pair.logged(/VRID 99, which is not configured here/)).toHaveLength(2);
  });

  it('of one kind are logged once, however many there are', async () => {
    await elected();
    for (let i = 0; i < 50; i++) await inject(message(), 1);
    expect(pair.logged(/TTL 1, not 255/)).toHaveLength(2);
    expect(pair.router(pair.a).statistics.ipTtlErrors).toBe(50);
  });

  it('with our own address as sender are not answered', async () => {
    await elected();
    const own = parseIp('198.51.100.11')!;
    const looped = encodeAdvertisement(
      {
        version: 3,
        vrid: 51,
        priority: 254,
        intervalMicros: 100_000,
        addresses: [parseIp(VIRTUAL_ADDRESS)!],
      },
      { source: own, destination: multicastGroup(4), checksumForm: 'message' },
    );
    await inject(looped, 255, own);
    expect(pair.router(pair.a)).toMatchObject({
      state: 'Active',
      statistics: { ownAddressReceived: 1 },
    });
  });

  it('that only differ in interval or address list are logged, counted and followed', async () => {
    await elected();
    await inject(message({ intervalMicros: 200_000, addresses: [stranger] }));
    expect(pair.router(pair.a)).toMatchObject({
      state: 'Backup',
      timers: { activeAdvertIntervalMs: 200 },
      statistics: { advertIntervalErrors: 1, addressListErrors: 1 },
    });
    expect(pair.logged(/another list of addresses for web \(198\.51\.100\.66\)$/)).toHaveLength(2);
  });
});

describe('a stalled agent', () => {
  it('that was Backup reads what its socket kept, and does not take over', async () => {
    await elected();
    const before = pair.transitions.length;
    pair.b.pause();
    await pair.run(6 * s);
    pair.b.resume();
    await pair.run(2 * s);
    expect(pair.transitions.length).toBe(before);
    // Woken just after its deadline, with one advertisement unread.
    pair.b.pause();
    await pair.run(362 * ms);
    pair.b.resume();
    await pair.run(2 * s);
    expect(pair.transitions.length).toBe(before);
  });

  it('on a machine that was frozen listens before it takes over', async () => {
    await elected();
    const before = pair.transitions.length;
    pair.b.pause(true);
    await pair.run(6 * s);
    pair.b.resume();
    await pair.run(2 * s);
    expect(pair.transitions.length).toBe(before);
    expect(pair.router(pair.b).statistics.wokeLate).toBe(1);
    expect(pair.logged(/did not run for 5\d\d\d ms; listening for 161 ms/)).toHaveLength(1);
  });

  it('that was Active finds itself replaced, and preempts in the normal way', async () => {
    await elected();
    pair.a.pause();
    await pair.until(pair.b, 'Active', 400 * ms);
    await pair.run(6 * s);
    pair.a.resume();
    expect(pair.router(pair.a).state).toBe('Backup');
    expect(pair.logged(/did not run for 6\d\d\d ms and 198\.51\.100\.12 took over/)).toHaveLength(
      1,
    );
    await pair.until(pair.a, 'Active', 200 * ms);
  });
});
