import { describe, expect, it } from 'vitest';
import { parseIp } from '../../src/os/ip-address.ts';
import { type BfdPacket, decodeBfdPacket, encodeBfdPacket } from './packet.ts';
import { Bench, HERE, link, MS, SECOND, THERE } from './watch.case.ts';

const PACKET: BfdPacket = {
  diagnostic: 0,
  state: 'Down',
  poll: false,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMultiplier: 3,
  myDiscriminator: 77,
  yourDiscriminator: 0,
  desiredMinTxMicros: SECOND,
  requiredMinRxMicros: 3 * MS,
  requiredMinEchoRxMicros: 0,
};
const received = (changes: Partial<BfdPacket>, source = THERE, hopLimit = 255) => ({
  message: encodeBfdPacket({ ...PACKET, ...changes }),
  source: parseIp(source)!,
  hopLimit,
});

describe('two watches', () => {
  it('come up, agree on their pace and say so', async () => {
    const bench = new Bench();
    const { a } = await bench.pair();
    expect(a.watch.status()).toMatchObject({
      interface: 'eth0',
      peer: THERE,
      routers: ['web'],
      state: 'Up',
      diagnostic: 'no diagnostic',
      remote: { state: 'Up', diagnostic: 'no diagnostic' },
      transmitMs: 3,
      receiveMs: 3,
      detectMs: 9,
      lastDown: null,
      error: null,
      statistics: { becameUp: 1, lost: 0, sendErrors: 0, formatErrors: 0 },
    });
    expect(a.losses).toEqual([]);
    const both = [HERE, THERE].map((peer) => [
      `BFD with ${peer} on eth0: up`,
      `BFD with ${peer} on eth0: a packet every 3 ms; silence of 9 ms means that the peer is lost`,
    ]);
    expect(bench.logged(/up|lost/).toSorted()).toEqual(both.flat().toSorted());
    expect(JSON.parse(JSON.stringify(a.watch.status()))).toEqual(a.watch.status());
  });

  it('notice a cut within the Detection Time, both, and tell the routers', async () => {
    const bench = new Bench();
    const { a, b } = await bench.pair();
    const cutAt = bench.clock.now;
    bench.cut = true;
    await bench.run(9 * MS + 100);
    for (const { losses, watch } of [a, b]) {
      expect(losses).toMatchObject([
        { type: 'peer-lost', detectionMicros: 9 * MS, intervalMicros: 3 * MS },
      ]);
      expect(losses[0]!.lastHeardAt).toBeGreaterThan(cutAt - 3 * MS);
      const status = watch.status();
      expect(status).toMatchObject({
        state: 'Down',
        diagnostic: 'control detection time expired',
        remote: null,
        detectMs: null,
        statistics: { lost: 1 },
      });
      expect(status.lastDown?.why).toMatch(/^nothing heard for 9/);
    }
    expect(bench.logged(/down: nothing heard for 9/)).toHaveLength(2);
    bench.cut = false;
    await bench.run(4 * SECOND);
    expect([a, b].map(({ watch }) => watch.status().state)).toEqual(['Up', 'Up']);
    expect(a.losses).toHaveLength(1);
  });

  it('send no packet late in virtual time, and count what they send', async () => {
    const bench = new Bench();
    const { a } = await bench.pair();
    const { sendLateness, packetsSent } = a.watch.status().statistics;
    expect(sendLateness.maxMicros).toBe(0);
    expect(packetsSent).toBe(bench.sent.filter(({ from }) => from === HERE).length);
    expect(sendLateness.count).toBeGreaterThan(900);
  });
});

describe('no failure of the peer', () => {
  it('is its end in order: it says AdminDown, and nobody is told of a loss', async () => {
    const bench = new Bench();
    const { a, b } = await bench.pair();
    b.watch.close();
    b.watch.close();
    await bench.run(SECOND);
    expect(a.losses).toEqual([]);
    expect(a.watch.status()).toMatchObject({ state: 'Down' });
    expect(bench.logged(/on eth0: down: the peer ended it in order/)).toHaveLength(1);
    const last = bench.sent.findLast(({ from }) => from === THERE)!;
    expect(decodeBfdPacket(last.message)).toMatchObject({ packet: { state: 'AdminDown' } });
    b.watch.setLink(link());
    expect(b.watch.status().state).toBe('AdminDown');
  });

  it('is that it does not hear us: it speaks', async () => {
    const bench = new Bench();
    const { a } = await bench.pair();
    const down = { state: 'Down', diagnostic: 1, yourDiscriminator: 1 } as const;
    bench.inject(a.station, received(down));
    expect(a.losses).toEqual([]);
    expect(bench.logged(/says that it is down \(control detection time expired\)/)).toHaveLength(1);
  });

  it('is the loss of our own link, and the session comes up again after it', async () => {
    const bench = new Bench();
    const { a, b } = await bench.pair();
    a.watch.setLink(link({ running: false }));
    expect(a.losses).toEqual([]);
    expect(a.watch.status()).toMatchObject({ state: 'Down', diagnostic: 'path down' });
    const sent = bench.sent.filter(({ from }) => from === HERE).length;
    await bench.run(5 * SECOND);
    expect(bench.sent.filter(({ from }) => from === HERE)).toHaveLength(sent);
    expect(b.losses).toHaveLength(1);
    a.watch.setLink(link());
    await bench.run(4 * SECOND);
    expect(a.watch.status().state).toBe('Up');
    // What waited for the link was not late.
    expect(a.watch.status().statistics.sendLateness.maxMicros).toBe(0);
  });

  it('is a session that never came up: one warning, nothing else', async () => {
    const bench = new Bench();
    const { watch, losses } = bench.watch(HERE, THERE);
    await bench.run(60 * SECOND);
    expect(losses).toEqual([]);
    expect(watch.status()).toMatchObject({ state: 'Down', remote: null, lastHeardMs: null });
    expect(bench.logged(/has not come up in 10 s/)).toHaveLength(1);
    expect(bench.sent.length).toBeLessThanOrEqual(81);
  });
});

describe('a process that did not run', () => {
  it('reads what the kernel kept before it believes in silence', async () => {
    const bench = new Bench();
    const { a } = await bench.pair();
    // The kernel keeps packets that the event loop has not come to.
    a.station.kept = [];
    await bench.run(60 * MS);
    expect(a.watch.status().state).toBe('Up');
    expect(a.losses).toEqual([]);
  });
});

describe('a peer that was lost and is heard again', () => {
  it('is told when it is the same process: a false alarm', async () => {
    const bench = new Bench();
    const { a } = await bench.pair();
    bench.cut = true;
    await bench.run(10 * MS);
    expect([a.losses.length, a.heard.length]).toEqual([1, 0]);
    bench.cut = false;
    await bench.run(2 * SECOND);
    expect(a.heard).toMatchObject([{ type: 'peer-heard' }]);
  });

  it('is not when it was started anew', async () => {
    const bench = new Bench();
    const { a } = await bench.pair();
    bench.cut = true;
    await bench.run(10 * MS);
    bench.inject(a.station, received({ state: 'Down', myDiscriminator: 99 }));
    bench.cut = false;
    await bench.run(2 * SECOND);
    expect(a.heard).toEqual([]);
  });
});

describe('what the lease is told', () => {
  const slow = { intervalMs: 3, detectionMs: 9 };

  it('is the pace while the session is up, and its end', async () => {
    const bench = new Bench();
    const { a, b } = await bench.pair();
    expect(a.fence).toEqual([{ type: 'pace', pace: slow }]);
    b.watch.close();
    await bench.run(MS);
    expect(a.fence).toEqual([
      { type: 'pace', pace: slow },
      { type: 'pace', pace: null },
    ]);
  });

  it("follows what the peer can take, and counts with our multiplier, which is the peer's", async () => {
    const bench = new Bench();
    const { a } = await bench.pair();
    const up = { state: 'Up', yourDiscriminator: 1, desiredMinTxMicros: 3 * MS } as const;
    bench.inject(a.station, received({ ...up, requiredMinRxMicros: 20 * MS }));
    expect(a.fence.at(-1)).toEqual({ type: 'pace', pace: { intervalMs: 20, detectionMs: 60 } });
  });

  it('is that a packet left late, once only one of those that may be missed is left', async () => {
    const bench = new Bench();
    const { a } = await bench.pair();
    const { length } = a.fence;
    bench.stallMicros = 2 * MS;
    await bench.run(20 * MS);
    expect(a.fence.slice(length)).toEqual([]);
    bench.stallMicros = 7 * MS;
    await bench.run(20 * MS);
    expect(a.fence.slice(length)).toContainEqual({ type: 'late' });
  });

  it('is that packets do not leave at all', async () => {
    const bench = new Bench();
    const { a } = await bench.pair();
    bench.refuseSends = true;
    await bench.run(4 * MS);
    expect(a.fence.at(-1)).toEqual({ type: 'late' });
    expect(bench.logged(/on eth0 cannot send: .*EPERM/).length).toBeGreaterThan(0);
    expect(a.watch.status().statistics.sendErrors).toBeGreaterThan(0);
  });
});

describe('packets that are not for the session', () => {
  it('are discarded and counted when the peer sends them', async () => {
    const bench = new Bench();
    const { a } = await bench.pair();
    const before = a.watch.status().statistics;
    bench.inject(a.station, received({ state: 'Down' }, THERE, 254));
    bench.inject(a.station, received({ state: 'Down', yourDiscriminator: 9 }));
    const broken = received({ state: 'Down' });
    broken.message[0] = 0;
    bench.inject(a.station, broken);
    const signed = received({ state: 'Down', yourDiscriminator: 1 });
    const authenticated = Uint8Array.of(...signed.message, 1, 4, 1, 0x61);
    authenticated[1]! |= 0x04;
    authenticated[3] = 28;
    bench.inject(a.station, { ...signed, message: authenticated });
    expect(a.watch.status()).toMatchObject({
      state: 'Up',
      statistics: {
        hopLimitErrors: 1,
        discriminatorErrors: 1,
        formatErrors: 1,
        authenticationErrors: 1,
        packetsReceived: before.packetsReceived,
      },
    });
    expect(bench.logged(/packet discarded: hop limit 254, not 255/)).toHaveLength(1);
    expect(bench.logged(/packet discarded: version 0/)).toHaveLength(1);
    expect(bench.logged(/packet discarded: authentication/)).toHaveLength(1);
  });

  it('are none of its business when a stranger sends them', async () => {
    const bench = new Bench();
    const { a } = await bench.pair();
    const before = a.watch.status().statistics;
    const stranger = '198.51.100.99';
    bench.inject(a.station, received({ state: 'Down' }, stranger));
    bench.inject(a.station, received({ state: 'AdminDown' }, stranger));
    bench.inject(a.station, received({ state: 'Up', yourDiscriminator: 9 }, stranger));
    bench.inject(a.station, received({ state: 'Down', yourDiscriminator: 1 }, stranger, 64));
    expect(a.watch.status()).toMatchObject({ state: 'Up', statistics: before });
    expect(bench.logged(/discarded/)).toEqual([]);
  });

  it('are for it with our discriminator, whatever address the peer uses now', async () => {
    const bench = new Bench();
    const { a } = await bench.pair();
    bench.inject(
      a.station,
      received({ state: 'AdminDown', yourDiscriminator: 1 }, '198.51.100.13'),
    );
    expect(a.watch.status().state).toBe('Down');
  });
});

describe('the socket', () => {
  it('that cannot be had is tried again, and the status says why', async () => {
    const bench = new Bench();
    bench.refuseSockets = true;
    const { watch } = bench.watch(HERE, THERE);
    await bench.run(2.5 * SECOND);
    expect(watch.status().error).toMatch(/EADDRINUSE/);
    expect(bench.logged(/BFD with 198.51.100.12 on eth0 has no socket: .*EADDRINUSE/)).toHaveLength(
      1,
    );
    bench.refuseSockets = false;
    bench.watch(THERE, HERE);
    await bench.run(4 * SECOND);
    expect(watch.status()).toMatchObject({ state: 'Up', error: null });
  });

  it('is opened anew on an interface that was made again, and closed with one that is gone', async () => {
    const bench = new Bench();
    const { a } = await bench.pair();
    const opened = bench.opened;
    a.watch.setLink(link({ index: 3 }));
    a.watch.setLink(link({ index: 3 }));
    expect(bench.opened).toBe(opened + 1);
    await bench.run(SECOND);
    expect(a.watch.status().state).toBe('Up');
    a.watch.setLink(null);
    expect(a.station.onPacket).toBeNull();
    expect(a.watch.status().state).toBe('Down');
  });
});
