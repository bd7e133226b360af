/** Two agents that both answer, and strangers that do: what becomes of the addresses. */
import { afterEach, describe, expect, it } from 'vitest';
import { parseIp } from '../../src/os/ip-address.ts';
import { attachStranger } from '../simulator/sim-claims.ts';
import { type PairOptions, SimPair, VIRTUAL_ADDRESS } from '../simulator/sim-pair.case.ts';

const second = 1_000_000;
const STRANGER = 9;
let pair: SimPair;

afterEach(() => pair.stop());

/** A pair whose advertisements a switch eats, while ARP passes. */
async function deafPair(options: PairOptions = {}): Promise<SimPair> {
  pair = await new SimPair({ claims: true, leased: true, ...options }).elected();
  pair.lan.filtered.add('vrrp');
  return pair;
}

const holders = () => [pair.a, pair.b].filter(({ answers }) => answers).map((h) => h.config.node);

/** Microseconds in which not exactly one host answered, of so many from now on. */
async function unsettled(micros: number): Promise<number> {
  let bad = 0;
  for (let passed = 0; passed < micros; passed += 5_000) {
    await pair.run(5_000);
    if (holders().length !== 1) bad += 5_000;
  }
  return bad;
}

describe('two hosts of a pair that do not hear each other', () => {
  it('agree who keeps the address, within two intervals, and stay with it', async () => {
    await deafPair();
    // The Backup claims after 361 ms of silence, which begins here.
    expect(await unsettled(30 * second)).toBeLessThanOrEqual(200_000);
    // The greater hardware address keeps it, whatever the priorities: nobody could tell them.
    expect(holders()).toEqual(['b']);
    expect(pair.transitions.map(({ node, to }) => `${node} ${to}`)).toEqual([
      'a Active',
      'b Active',
      'a Backup',
    ]);
    expect(pair.logged(/at 02:00:00:00:00:0c, answers .* as well.* given up here/)).toHaveLength(1);
    expect(pair.a.agent!.status().duplicates[0]).toMatchObject({
      yieldedTo: '02:00:00:00:00:0c',
      statistics: { found: 1, yielded: 1 },
    });
  });

  it('give it to the sound one when the other is at fault', async () => {
    const track = { proxy: true, interfaces: [], scripts: [] };
    await deafPair({ both: { track }, sources: ['198.51.100.12', '198.51.100.11'] });
    // The greater address has the dead balancer.
    pair.b.setProxy({ alive: true, ready: true, reasons: [] });
    pair.a.setProxy({ alive: false, ready: false, reasons: [] });
    expect(await unsettled(40 * second)).toBeLessThan(31 * second);
    expect(holders()).toEqual(['b']);
  });

  it('have a holder again when the one that kept it falls silent', async () => {
    await deafPair();
    await pair.run(5 * second);
    expect(holders()).toEqual(['b']);
    pair.b.lose();
    await pair.run(500_000);
    expect(holders()).toEqual(['a']);
  });

  it('go by their advertisements again when those pass, without a flap', async () => {
    await deafPair();
    await pair.run(5 * second);
    pair.lan.filtered.clear();
    const before = pair.transitions.length;
    await pair.run(60 * second);
    expect(holders()).toEqual(['a']);
    // The better node waited, took it once, and nothing else moved.
    expect(pair.transitions.slice(before).map(({ node, to }) => `${node} ${to}`)).toEqual([
      'a Active',
      'b Backup',
    ]);
  });

  it('go to the one that cannot give way, and the better one takes it back 5 s after they pass', async () => {
    await deafPair({ a: { peer: 'other' }, b: { strictRfc: true } });
    expect(await unsettled(10 * second)).toBeLessThanOrEqual(200_000);
    expect(holders()).toEqual(['b']);
    pair.lan.filtered.clear();
    expect(await pair.until(pair.a, 'Active', 10 * second)).toBeLessThan(5.5 * second);
    await pair.run(60 * second);
    expect(holders()).toEqual(['a']);
    expect(pair.transitions.filter(({ node }) => node === 'a')).toHaveLength(3);
  });

  it('both keep it in strict mode, and both say so', async () => {
    await deafPair({ both: { strictRfc: true } });
    await pair.run(5 * second);
    expect(holders()).toEqual(['a', 'b']);
    expect(pair.logged(/the other node, at .* answers .* Kept here/)).toHaveLength(2);
  });

  it('of which one hears the other settle it, and retry in growing waits only', async () => {
    pair = await new SimPair({ claims: true, leased: true }).elected();
    pair.lan.cut(pair.a.station, pair.b.station, true);
    // Questions pass one way only, so the answers do not come back either: b alone is heard.
    await pair.run(60 * second);
    const moves = pair.transitions.filter(({ at }) => at > second).length;
    expect(moves).toBeLessThanOrEqual(4);
  });
});

describe('a stranger', () => {
  const claim = (mac = STRANGER) =>
    pair.lan.send({
      protocol: 'arp',
      from: -1,
      message: Uint8Array.of(2, 2, 0, 0, 0, 0, mac, ...parseIp(VIRTUAL_ADDRESS)!),
      source: parseIp('198.51.100.9')!,
      hopLimit: 255,
    });

  it('that answers is reported once, and the address is kept and defended', async () => {
    pair = await new SimPair({ claims: true, leased: true }).elected();
    await pair.run(20 * second);
    const announced = pair.announcements.length;
    for (let at = 0; at < 8 * second; at += 5_000) {
      claim();
      await pair.run(5_000);
    }
    expect(holders()).toEqual(['a']);
    expect(pair.logged(/a host that is not of this pair, at 02:00:00:00:00:09/)).toHaveLength(1);
    // RFC 5227: one announcement in ten seconds, however often it claims.
    expect(pair.announcements.length - announced).toBe(1);
    expect(pair.a.agent!.status().duplicates[0]!.holders).toMatchObject([
      { mac: '02:00:00:00:00:09', address: VIRTUAL_ADDRESS, partner: false },
    ]);
    await pair.run(10 * second);
    expect(pair.a.agent!.status().duplicates[0]!.holders).toEqual([]);
    expect(pair.logged(/02:00:00:00:00:09 no longer answers/)).toHaveLength(1);
    expect(pair.announcements.length - announced).toBeGreaterThan(2);
  });

  it('that was heard once, and not again, is no alarm, but the address is announced anew', async () => {
    pair = await new SimPair({ claims: true, leased: true }).elected();
    await pair.run(20 * second);
    const announced = pair.announcements.length;
    claim();
    await pair.run(5 * second);
    expect(pair.announcements.length).toBeGreaterThan(announced);
    expect(pair.logged(/as well/)).toEqual([]);
    expect(pair.a.agent!.status().duplicates[0]).toMatchObject({
      holders: [],
      statistics: { found: 0 },
    });
  });
});

describe('a host that answers for the other node as well as for the virtual address', () => {
  // A forger, or a fabric that answers for every address; its own is the greatest.
  const mac = Uint8Array.of(2, 0, 0, 0, 0, 0xff);
  const forge = () => {
    const source = parseIp('198.51.100.66')!;
    for (const address of [VIRTUAL_ADDRESS, '198.51.100.11', '198.51.100.12']) {
      attachStranger(pair.lan, { mac, source, ip: parseIp(address)! });
    }
  };

  it('takes nothing from hosts that demand HMACs', async () => {
    const keys = [{ id: 1, secret: new Uint8Array(32).fill(7) }];
    const auth = { type: 'hmac', mode: 'enforce', activeKey: 1, keys } as const;
    pair = await new SimPair({ claims: true, leased: true, both: { auth } }).elected();
    const before = pair.transitions.length;
    forge();
    expect(await unsettled(30 * second)).toBe(0);
    expect(holders()).toEqual(['a']);
    expect(pair.transitions).toHaveLength(before);
    expect(pair.logged(/the other node, at 02:00:00:00:00:ff, .* Kept here/)).toHaveLength(1);
  });
});

it('ordinary takeovers alarm nobody', async () => {
  pair = await new SimPair({ claims: true, leased: true }).elected();
  for (let round = 0; round < 5; round++) {
    pair.a.setLink('down');
    await pair.run(3 * second);
    pair.a.setLink('up');
    await pair.run(12 * second);
    pair.a.pause();
    await pair.run(2 * second);
    pair.a.resume();
    await pair.run(12 * second);
  }
  expect(pair.logged(/answers? .*as well|no longer answers/)).toEqual([]);
});

it('a host that stands still without a lease answers on, and is reported', async () => {
  pair = await new SimPair({ claims: true }).elected();
  pair.a.pause();
  await pair.run(1 * second);
  const found = pair.logged(/the other node, at 02:00:00:00:00:0b, answers .* stands still/);
  expect(found).toHaveLength(1);
  expect(pair.states()[1]).toBe('Active');
});

it('a reload changes nothing for a host that gave way, and new addresses are watched too', async () => {
  await deafPair();
  await pair.run(2 * second);
  const { agent, config } = pair.a;
  const [router] = config.virtualRouters;
  const track = {
    ...router!.track,
    interfaces: [{ name: 'eth1', weight: -1, upDelayMs: 0, downDelayMs: 0 }],
  };
  const reloaded = agent!.reconfigure({ ...config, virtualRouters: [{ ...router!, track }] });
  await pair.run(10 * second);
  await reloaded;
  expect(holders()).toEqual(['b']);
  expect(pair.a.agent!.status().duplicates[0]!.yieldedTo).toBe('02:00:00:00:00:0c');
  expect(pair.transitions).toHaveLength(3);
});
