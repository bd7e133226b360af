import { afterEach, describe, expect, it } from 'vitest';
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

const trackProxy = { both: { track: { proxy: true, interfaces: [], scripts: [] } } };
const ready = { alive: true, ready: true, reasons: [] };
const dead = { alive: false, ready: false, reasons: ['exited with code 1'] };

describe('two agents on one LAN', () => {
  it('elect the higher priority, which alone holds the address and announces it', async () => {
    await elected();
    expect(pair.holders()).toEqual(['a']);
    expect(new Set(pair.announcements)).toEqual(new Set(['a']));
    expect(pair.router(pair.b).active).toMatchObject({
      self: false,
      address: '198.51.100.11',
      priority: 200,
    });
    expect(pair.router(pair.a).active).toMatchObject({ self: true, address: '198.51.100.11' });
  });

  it('elect over IPv6, and in version 2', async () => {
    await elected({
      both: { family: 6, addresses: [{ address: '2001:db8::100', prefixLength: 64 }] },
      sources: ['fe80::11', 'fe80::12'],
    });
    expect(pair.router(pair.b).active?.address).toBe('fe80::11');
    await pair.stop();
    pair = new SimPair({ both: { version: 2, advertIntervalMs: 1000 } });
    for (const host of [pair.a, pair.b]) pair.startHost(host);
    await pair.run(5 * s);
    expect(pair.states()).toEqual(['Active', 'Backup']);
  });

  it('resign in order even after a defect of their own in the middle of an input', async () => {
    await elected();
    const journal = pair.journals.a;
    journal.push = () => {
      Reflect.deleteProperty(journal, 'push');
      throw new Error('a defect');
    };
    await expect(pair.run(1 * s)).rejects.toThrow('a defect');
    // The advertisement of that input arrives before what the stop sends.
    await pair.run(1 * ms);
    const stopped = pair.a.agent?.stop();
    await pair.run(10 * ms);
    await stopped;
    expect(pair.holders()).not.toContain('a');
    await pair.until(pair.b, 'Active', 100 * ms);
    expect(pair.logged(/198\.51\.100\.11 resigned \(priority 0\)/)).toHaveLength(1);
  });

  it('take over from a crashed host within Active_Down_Interval, and say why', async () => {
    await elected();
    pair.a.kill();
    pair.a.sweep();
    const took = await pair.until(pair.b, 'Active', 400 * ms);
    expect(took).toBeGreaterThan(200 * ms);
    expect(took).toBeLessThan(365 * ms);
    const [line] = pair.logged(/Backup to Active: no advertisement/);
    expect(line).toMatch(
      /^web: Backup to Active: no advertisement from 198\.51\.100\.11 for 36\d ms$/,
    );
    expect(pair.transitions.at(-1)).toMatchObject({
      node: 'b',
      from: 'Backup',
      to: 'Active',
      evidence: { reason: 'silence', peer: '198.51.100.11', peerPriority: 200 },
    });
  });

  it('hand over within Skew_Time when the Active agent stops, and leave no address', async () => {
    await elected();
    const stopped = pair.a.agent?.stop();
    const took = await pair.until(pair.b, 'Active', 100 * ms);
    expect(took).toBeLessThan(65 * ms);
    await stopped;
    await pair.run(ms);
    expect(pair.holders()).toEqual(['b']);
    expect(pair.logged(/198\.51\.100\.11 resigned \(priority 0\)/)).toHaveLength(1);
  });

  it('return the address to the better node within Skew_Time of its hearing the other', async () => {
    await elected();
    pair.a.kill();
    pair.a.sweep();
    await pair.until(pair.b, 'Active', 400 * ms);
    pair.startHost(pair.a);
    await pair.until(pair.a, 'Active', 130 * ms);
    await pair.run(5 * ms);
    expect(pair.holders()).toEqual(['a']);
  });

  it('leave it where it is with preempt: false', async () => {
    await elected({ both: { preempt: false } });
    pair.a.kill();
    pair.a.sweep();
    await pair.until(pair.b, 'Active', 400 * ms);
    pair.startHost(pair.a);
    await pair.run(3 * s);
    expect(pair.states()).toEqual(['Backup', 'Active']);
  });

  it('can each be preferred for an address of its own', async () => {
    pair = new SimPair({ second: { a: 100, b: 200 } });
    await pair.elected();
    const states = (host: typeof pair.a) => host.agent?.status().routers.map(({ state }) => state);
    expect(states(pair.a)).toEqual(['Active', 'Backup']);
    expect(states(pair.b)).toEqual(['Backup', 'Active']);
    pair.a.kill();
    pair.a.sweep();
    await pair.run(400 * ms);
    expect(states(pair.b)).toEqual(['Active', 'Active']);
    expect(pair.b.addresses.size).toBe(2);
  });
});

describe('the balancer', () => {
  it('that dies costs the address within 100 ms', async () => {
    pair = new SimPair(trackProxy);
    pair.startHost(pair.a);
    pair.startHost(pair.b);
    pair.a.agent?.setProxy(ready);
    pair.b.agent?.setProxy(ready);
    await pair.run(500 * ms);
    pair.a.agent?.setProxy(dead);
    expect(await pair.until(pair.b, 'Active', 100 * ms)).toBeLessThan(70 * ms);
    await pair.run(ms);
    expect(pair.holders()).toEqual(['b']);
    expect(pair.router(pair.a).priority).toMatchObject({ configured: 200, effective: 1 });
    expect(pair.logged(/priority 200 to 1: proxy proxy: the balancer is not running/)).toHaveLength(
      1,
    );
    pair.a.agent?.setProxy(ready);
    await pair.until(pair.a, 'Active', 130 * ms);
  });

  it('that is alive but not ready again does not cost it', async () => {
    pair = new SimPair(trackProxy);
    for (const host of [pair.a, pair.b]) {
      pair.startHost(host);
      host.agent?.setProxy(ready);
    }
    await pair.run(500 * ms);
    pair.a.agent?.setProxy({ alive: true, ready: false, reasons: ['upstream api is down'] });
    await pair.run(s);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    expect(pair.router(pair.a).priority.effective).toBe(200);
  });

  it('that restarts counts only when it is ready again', async () => {
    pair = new SimPair(trackProxy);
    pair.startHost(pair.a);
    pair.a.agent?.setProxy(ready);
    pair.a.agent?.setProxy(dead);
    pair.a.agent?.setProxy({ alive: true, ready: false, reasons: ['first checks'] });
    expect(pair.router(pair.a).priority.effective).toBe(1);
    pair.a.agent?.setProxy(ready);
    expect(pair.router(pair.a).priority.effective).toBe(200);
  });

  it('that was never ready lets its node claim after 30 s', async () => {
    pair = new SimPair(trackProxy);
    pair.startHost(pair.a);
    await pair.run(29 * s);
    expect(pair.router(pair.a)).toMatchObject({ state: 'Backup' });
    expect(pair.router(pair.a).priority.claimInMs).toBeCloseTo(1000, -1);
    await pair.run(2 * s);
    expect(pair.router(pair.a)).toMatchObject({ state: 'Active', priority: { effective: 1 } });
  });
});

describe('health scripts', () => {
  const script = {
    name: 'check_origin',
    command: ['/usr/local/bin/check-origin'],
    intervalMs: 200,
    timeoutMs: 100,
    rise: 2,
    fall: 2,
    weight: -120,
  };
  const tracked = {
    both: { track: { proxy: false, interfaces: [], scripts: ['check_origin'] } },
    rest: { healthScripts: [script] },
  };

  it('move the address after `fall` failures and back after `rise` successes', async () => {
    await elected(tracked);
    pair.a.script = () => false;
    await pair.until(pair.b, 'Active', 700 * ms);
    expect(pair.router(pair.a).priority.effective).toBe(80);
    expect(pair.a.agent?.status().scripts[0]).toMatchObject({
      name: 'check_origin',
      verdict: 'failing',
      last: { passed: false, output: 'not ok', durationMs: 5 },
    });
    pair.a.script = () => true;
    await pair.until(pair.a, 'Active', 700 * ms);
  });

  it('count as failing until their first run is over', () => {
    pair = new SimPair(tracked);
    pair.startHost(pair.a);
    expect(pair.router(pair.a).priority).toMatchObject({
      effective: 80,
      trackers: [{ reason: 'has not finished a run yet' }],
    });
  });
});

describe('tracked upstreams', () => {
  const upstreams = [{ name: 'api', minUp: { percent: 50 }, weight: -150 }];
  const tracked = { both: { track: { proxy: true, interfaces: [], scripts: [], upstreams } } };
  const said = (up: number) => ({
    alive: true,
    ready: true,
    reasons: [],
    upstreams: [{ name: 'api', up, unknown: 0, total: 4 }],
  });

  it('move the address when too few servers are up here, and back', async () => {
    pair = new SimPair(tracked);
    for (const host of [pair.a, pair.b]) {
      pair.startHost(host);
      host.setProxy(said(4));
    }
    await pair.until(pair.a, 'Active', 1000 * ms);
    pair.a.setProxy(said(2));
    await pair.run(500 * ms);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    pair.a.setProxy(said(1));
    await pair.until(pair.b, 'Active', 300 * ms);
    expect(pair.router(pair.a).priority).toMatchObject({
      effective: 50,
      trackers: [{ kind: 'proxy' }, { reason: '1 of 4 servers up, 2 needed' }],
    });
    // The same dead origins there: the better host takes it again.
    pair.b.setProxy(said(1));
    await pair.until(pair.a, 'Active', 1000 * ms);
  });
});

describe('the agent', () => {
  it('has a status that survives JSON, with what an operator asks for', async () => {
    await elected();
    const status = pair.a.agent?.status();
    expect(JSON.parse(JSON.stringify(status))).toEqual(status);
    expect(status).toMatchObject({
      node: 'a',
      routers: [
        {
          name: 'web',
          state: 'Active',
          peerChecksum: null,
          addresses: [{ address: VIRTUAL_ADDRESS, held: true }],
          timers: { advertIntervalMs: 100, skewMs: 21.875, activeDownMs: 321.875 },
          transitions: [
            { to: 'Backup' },
            { to: 'Active', why: expect.stringContaining('no Active') },
          ],
        },
      ],
      links: [{ interface: 'eth0', family: 4, running: true, address: '198.51.100.11' }],
    });
    expect(pair.router(pair.b).peerChecksum).toBe('pseudo-header');
  });

  it('sends the strict checksum with strict_rfc, and its peer reports the form', async () => {
    await elected({ a: { strictRfc: true } });
    expect(pair.router(pair.b).peerChecksum).toBe('message');
  });

  it('measures how late its advertisements leave', async () => {
    await elected();
    await pair.run(2 * s);
    const { advertLateness } = pair.router(pair.a).statistics;
    expect(advertLateness.count).toBeGreaterThan(18);
    expect(advertLateness.maxMicros).toBeLessThanOrEqual(110);
    expect(advertLateness.buckets.reduce((sum, n) => sum + n, 0)).toBe(advertLateness.count);
  });

  it('keeps a bounded number of transitions', async () => {
    await elected();
    for (let i = 0; i < 40; i++) {
      pair.a.setLink('down');
      pair.a.setLink('up');
    }
    expect(pair.router(pair.a).transitions).toHaveLength(32);
  });

  it('can be stopped out of its own callback, and twice', async () => {
    await elected();
    let stopped: Promise<void> | undefined;
    pair.b.agent?.onTransition(() => {
      stopped = pair.b.agent?.stop();
      expect(pair.b.agent?.stop()).toBe(stopped);
    });
    pair.a.kill();
    pair.a.sweep();
    await pair.run(s);
    await stopped;
    expect(pair.holders()).toEqual([]);
    expect(pair.router(pair.b).state).toBe('Initialize');
  });

  it('refuses nothing at start: a socket that will not open is waited for', async () => {
    pair = new SimPair();
    pair.a.refuseSockets = true;
    pair.startHost(pair.a);
    expect(
      pair.logged(/waits for eth0: the advertisement socket cannot be opened: socket\(.*EPERM/),
    ).toHaveLength(1);
    pair.a.refuseSockets = false;
    await pair.run(2 * s);
    expect(pair.router(pair.a).state).toBe('Active');
  });

  it('waits for an address to send from', async () => {
    pair = new SimPair();
    pair.a.hasSource = false;
    pair.startHost(pair.a);
    expect(pair.router(pair.a).waitingFor).toMatch(/no address to advertise from/);
    pair.a.hasSource = true;
    await pair.run(2 * s);
    expect(pair.router(pair.a).state).toBe('Active');
  });
});
