import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import { Verdict } from '../shared/layout.ts';
import { ServerRegistry } from '../upstream/registry.ts';
import {
  checkOf,
  HTTP_PROBE,
  stateOf,
  TCP_PROBE,
  upstreamOf,
} from '../upstream/upstream.fixture.ts';
import { LogLines } from './log-lines.fixture.ts';
import { HealthMonitor, type VerdictChange } from './monitor.ts';
import { answering, closedPort, type Origin, origin } from './origin.fixture.ts';

const GOOD = 'HTTP/1.1 200 OK\r\n\r\n';
const BAD = 'HTTP/1.1 500 Broken\r\n\r\n';
/** Short, for tests that wait for several rounds; an hour for those that want only the first. */
const SOON = checkOf({ intervalMs: 5, timeoutMs: 5000 });
const ONCE = checkOf({ intervalMs: 3_600_000, timeoutMs: 5000 });

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function local(...ports: number[]): UpstreamConfig['servers'] {
  return ports.map((port) => ({ host: '127.0.0.1', port, weight: 1, backup: false }));
}

async function originOf(answer: (index: number) => string): Promise<Origin> {
  const one = await origin(answering(answer));
  cleanups.push(() => one.close());
  return one;
}

function monitorOf(...configs: UpstreamConfig[]) {
  const registry = new ServerRegistry(stateOf());
  registry.assign(configs);
  const log = new LogLines();
  const monitor = new HealthMonitor(configs, registry, { log });
  cleanups.push(() => monitor.stop());
  const changes: VerdictChange[] = [];
  monitor.onChange((change) => changes.push(change));
  /** Resolves when `count` verdicts have changed. */
  const changed = async (count: number) => {
    while (changes.length < count) {
      await new Promise<void>((resolve) => monitor.onChange(() => resolve()));
    }
  };
  const reload = (...next: UpstreamConfig[]) => {
    registry.assign(next);
    monitor.configure(next);
  };
  return { monitor, registry, log, changes, changed, reload };
}

describe('a round asked for', () => {
  it('judges every server anew at once, and lets one that is back rise without waiting', async () => {
    let broken = true;
    const flaky = await originOf(() => (broken ? BAD : GOOD));
    const fine = await originOf(() => GOOD);
    const { monitor } = monitorOf(
      upstreamOf(local(flaky.port, fine.port), { healthCheck: { ...ONCE, rise: 3 } }),
    );
    monitor.start();
    await monitor.firstRound;
    const verdicts = () => monitor.status().map(({ verdict }) => verdict);
    expect(verdicts()).toEqual(['down', 'up']);
    broken = false;
    // An hour is the interval: these checks are made because they were asked for.
    const [first, second] = [monitor.checkNow(), monitor.checkNow()];
    await Promise.all([first, second]);
    expect(verdicts()).toEqual(['up', 'up']);
    expect(fine.accepted).toBeGreaterThanOrEqual(2);
  });

  it('is over at once where nothing is checked, and when the monitor stops', async () => {
    const { monitor } = monitorOf(upstreamOf(local(1), { healthCheck: null }));
    monitor.start();
    await monitor.checkNow();
    const hanging = await origin(() => {});
    cleanups.push(() => hanging.close());
    const other = monitorOf(upstreamOf(local(hanging.port), { healthCheck: ONCE })).monitor;
    other.start();
    const round = other.checkNow();
    other.stop();
    await round;
  });
});

describe('HealthMonitor', () => {
  it('ends its first round when every server of every upstream has a verdict', async () => {
    const good = await originOf(() => GOOD);
    const bad = await originOf(() => BAD);
    const { monitor, registry } = monitorOf(
      upstreamOf(local(good.port, bad.port), { healthCheck: ONCE }),
      upstreamOf(local(good.port), { name: 'db', healthCheck: { ...ONCE, probe: TCP_PROBE } }),
      upstreamOf(local(bad.port), { name: 'plain', healthCheck: null }),
    );
    monitor.start();
    await monitor.firstRound;
    const verdicts = monitor.status().map(({ identity, verdict, checked }) => ({
      identity,
      verdict,
      checked,
    }));
    expect(verdicts).toEqual([
      { identity: `api|127.0.0.1:${good.port}`, verdict: 'up', checked: true },
      { identity: `api|127.0.0.1:${bad.port}`, verdict: 'down', checked: true },
      { identity: `db|127.0.0.1:${good.port}`, verdict: 'up', checked: true },
      { identity: `plain|127.0.0.1:${bad.port}`, verdict: 'up', checked: false },
    ]);
    for (const { identity, verdict } of verdicts) {
      expect(registry.verdict(identity)).toBe(Verdict[verdict]);
    }
  });

  it('waits in its first round for the slowest', async () => {
    const good = await originOf(() => GOOD);
    const slow = await origin(() => {});
    cleanups.push(() => slow.close());
    const healthCheck = { ...ONCE, timeoutMs: 100 };
    const { monitor, changes } = monitorOf(
      upstreamOf(local(good.port, slow.port), { healthCheck }),
    );
    monitor.start();
    await monitor.firstRound;
    expect(changes.map(({ health }) => [health.server, health.verdict])).toEqual([
      [`127.0.0.1:${good.port}`, 'up'],
      [`127.0.0.1:${slow.port}`, 'down'],
    ]);
    expect(changes[1]!.health.lastError).toBe(
      `response timeout 127.0.0.1:${slow.port} after 100 ms`,
    );
  });

  it('has nothing to wait for without checks', async () => {
    const { monitor } = monitorOf(upstreamOf(local(1), { healthCheck: null }));
    await monitor.firstRound;
    expect(monitor.status()[0]).toMatchObject({ verdict: 'up', checked: false });
  });

  it('follows rise and fall, not single results', async () => {
    //              up    -    -  still up -    -  down   -    -    up
    const script = [GOOD, BAD, BAD, GOOD, BAD, BAD, BAD, GOOD, BAD, GOOD, GOOD];
    const one = await originOf((index) => script[index] ?? GOOD);
    const { monitor, changes, changed, registry } = monitorOf(
      upstreamOf(local(one.port), { healthCheck: SOON }),
    );
    const at: number[] = [];
    monitor.onChange(() => at.push(one.accepted));
    monitor.start();
    await changed(3);
    expect(changes.map(({ health }) => health.verdict)).toEqual(['up', 'down', 'up']);
    expect(at).toEqual([1, 7, 11]);
    expect(registry.verdict(`api|127.0.0.1:${one.port}`)).toBe(Verdict.up);
  });

  it('tells an operator who, why, and how many are left', async () => {
    const flapping = await originOf((index) => (index >= 1 && index <= 3 ? BAD : GOOD));
    const refused = await closedPort();
    const { monitor, log, changed } = monitorOf(
      upstreamOf(local(refused), { name: 'db', healthCheck: ONCE }),
      upstreamOf(local(flapping.port), { healthCheck: SOON }),
    );
    monitor.start();
    await changed(4);
    const lines = log.lines.map((line) =>
      line
        .replaceAll(`${flapping.port}`, 'FLAPPING')
        .replaceAll(`${refused}`, 'REFUSED')
        .replace(/after \d+\.\d s/, 'after N s'),
    );
    expect(lines.filter((line) => line.includes('db'))).toEqual([
      'warn server 127.0.0.1:REFUSED of upstream db is down: ' +
        'connect refused 127.0.0.1:REFUSED; 0 of 1 left',
      'error upstream db has no server left',
    ]);
    expect(lines.filter((line) => line.includes('api'))).toEqual([
      'info server 127.0.0.1:FLAPPING of upstream api is up',
      'warn server 127.0.0.1:FLAPPING of upstream api is down: ' +
        'status 500 from 127.0.0.1:FLAPPING, not 200-399; 0 of 1 left',
      'error upstream api has no server left',
      'info server 127.0.0.1:FLAPPING of upstream api is up again after N s; 1 of 1 available',
      'info upstream api has a server again',
    ]);
  });

  it('does not count drained and weightless servers among those left', async () => {
    const bad = await originOf(() => BAD);
    const [weightless, drained] = [await originOf(() => GOOD), await originOf(() => GOOD)];
    const servers = local(bad.port, weightless.port, drained.port).map((server, index) => ({
      ...server,
      weight: index === 1 ? 0 : 1,
    }));
    const { monitor, changes, log, registry } = monitorOf(
      upstreamOf(servers, { healthCheck: ONCE }),
    );
    registry.setDraining(`api|127.0.0.1:${drained.port}`, true);
    monitor.start();
    await monitor.firstRound;
    const down = changes.find(({ health }) => health.verdict === 'down')!;
    expect(down).toMatchObject({ remaining: 0, remainingBefore: 1, total: 3 });
    expect(log.lines).toContain('error upstream api has no server left');
  });

  it('never has two checks of one server under way', async () => {
    let asking = 0;
    let askingMax = 0;
    const one = await origin((socket) => {
      askingMax = Math.max(askingMax, ++asking);
      setTimeout(() => {
        asking--;
        socket.end(GOOD);
      }, 30);
    });
    cleanups.push(() => one.close());
    const { monitor } = monitorOf(upstreamOf(local(one.port), { healthCheck: SOON }));
    monitor.start();
    await expect.poll(() => one.accepted).toBeGreaterThan(4);
    expect(askingMax).toBe(1);
  });

  it('stops checking, the check under way included', async () => {
    const one = await origin(() => {});
    cleanups.push(() => one.close());
    const { monitor, changes, log } = monitorOf(upstreamOf(local(one.port), { healthCheck: SOON }));
    monitor.start();
    await expect.poll(() => one.open).toBe(1);
    monitor.stop();
    await expect.poll(() => one.open).toBe(0);
    expect([changes, log.lines]).toEqual([[], []]);
    expect(one.accepted).toBe(1);
  });

  it('sees an origin that begins to listen later', async () => {
    const port = await closedPort();
    const { monitor, changed, changes } = monitorOf(upstreamOf(local(port), { healthCheck: SOON }));
    monitor.start();
    await monitor.firstRound;
    const server = createServer((_, response) => response.end());
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    await changed(2);
    expect(changes.map(({ health }) => health.verdict)).toEqual(['down', 'up']);
    expect(changes[1]!.health.successes).toBe(2);
  });
});

describe('HealthMonitor.configure', () => {
  it('keeps verdicts and counts of servers that stay, and checks only new ones', async () => {
    const stays = await originOf(() => BAD);
    const goes = await originOf(() => GOOD);
    const comes = await originOf(() => GOOD);
    const healthCheck = ONCE;
    const { monitor, changed, reload } = monitorOf(
      upstreamOf(local(goes.port, stays.port), { healthCheck }),
    );
    monitor.start();
    await monitor.firstRound;
    const before = monitor.status()[1]!;
    reload(upstreamOf(local(comes.port, stays.port), { healthCheck: { ...healthCheck } }));
    await changed(3);
    const [fresh, kept, ...rest] = monitor.status();
    expect(rest).toEqual([]);
    expect(kept).toEqual(before);
    expect(fresh).toMatchObject({ server: `127.0.0.1:${comes.port}`, verdict: 'up' });
    expect([stays.accepted, goes.accepted, comes.accepted]).toEqual([1, 1, 1]);
  });

  it('checks anew at once when the check changed, and holds the verdict until then', async () => {
    const one = await originOf((index) => (index === 0 ? GOOD : BAD));
    const servers = local(one.port);
    const { monitor, changed, changes, registry, reload } = monitorOf(
      upstreamOf(servers, { healthCheck: ONCE }),
    );
    monitor.start();
    await monitor.firstRound;
    reload(
      upstreamOf(servers, {
        healthCheck: { ...ONCE, probe: { ...HTTP_PROBE, path: '/other' }, fall: 1 },
      }),
    );
    expect(registry.verdict(`api|127.0.0.1:${one.port}`)).toBe(Verdict.up);
    await changed(2);
    expect(changes[1]!).toMatchObject({ previous: 'up', health: { verdict: 'down' } });
  });

  it('drops the result of a check that the reload replaced', async () => {
    const hanging = await origin((socket, index) => {
      socket.once('data', () => index > 0 && socket.end(GOOD));
    });
    cleanups.push(() => hanging.close());
    const servers = local(hanging.port);
    const { monitor, changes, log, reload } = monitorOf(
      upstreamOf(servers, { healthCheck: { ...ONCE, timeoutMs: 200, fall: 1 } }),
    );
    monitor.start();
    await expect.poll(() => hanging.open).toBe(1);
    reload(upstreamOf(servers, { healthCheck: { ...ONCE, fall: 1 } }));
    await monitor.firstRound;
    await expect.poll(() => hanging.open).toBe(0);
    expect(log.lines).toEqual([`info server 127.0.0.1:${hanging.port} of upstream api is up`]);
    expect(changes.map(({ health }) => health.verdict)).toEqual(['up']);
  });

  it('ends the first round when the servers it waited for are gone', async () => {
    const hanging = await origin(() => {});
    cleanups.push(() => hanging.close());
    const { monitor, reload } = monitorOf(upstreamOf(local(hanging.port), { healthCheck: ONCE }));
    monitor.start();
    await expect.poll(() => hanging.open).toBe(1);
    reload();
    await monitor.firstRound;
    expect(monitor.status()).toEqual([]);
  });

  it('counts a server as up from when its check is removed', async () => {
    const bad = await originOf(() => BAD);
    const servers = local(bad.port);
    const { monitor, registry, reload } = monitorOf(upstreamOf(servers, { healthCheck: SOON }));
    monitor.start();
    await monitor.firstRound;
    reload(upstreamOf(servers, { healthCheck: null }));
    expect(registry.verdict(`api|127.0.0.1:${bad.port}`)).toBe(Verdict.up);
    expect(monitor.status()).toMatchObject([{ verdict: 'up', checked: false, lastError: null }]);
  });

  it('lets a server begin as the config says, and is through when each was checked once', async () => {
    const good = await originOf(() => GOOD);
    const bad = await originOf(() => BAD);
    const from = (initial: 'up' | 'down', name: string) =>
      upstreamOf(local(good.port, bad.port), { name, healthCheck: { ...ONCE, initial } });
    const { monitor, registry } = monitorOf(from('up', 'u'), from('down', 'd'));
    const verdicts = () => monitor.status().map(({ verdict }) => verdict);
    expect(verdicts()).toEqual(['up', 'up', 'down', 'down']);
    expect(registry.verdict(`d|127.0.0.1:${good.port}`)).toBe(Verdict.down);
    let over = false;
    void monitor.firstRound.then(() => {
      over = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(over).toBe(false);
    monitor.start();
    await monitor.firstRound;
    // One check is neither `fall` nor `rise` of them.
    expect(verdicts()).toEqual(['up', 'up', 'down', 'down']);
  });

  it('checks a server that is down at its own pace', async () => {
    let broken = true;
    const flaky = await originOf(() => (broken ? BAD : GOOD));
    const healthCheck = { ...ONCE, intervalDownMs: 5, rise: 2 };
    const { monitor, changed, changes } = monitorOf(upstreamOf(local(flaky.port), { healthCheck }));
    monitor.start();
    await changed(1);
    broken = false;
    await changed(2);
    expect(changes.map(({ health }) => health.verdict)).toEqual(['down', 'up']);
  });

  it('asks where it is told to', async () => {
    const good = await originOf(() => GOOD);
    const refused = await closedPort();
    const [server] = local(refused) as [UpstreamConfig['servers'][number]];
    const checkAddress = { host: '127.0.0.1', port: good.port };
    const { monitor } = monitorOf(
      upstreamOf([server], { healthCheck: { ...ONCE, port: good.port } }),
      upstreamOf([{ ...server, checkAddress }], { name: 'db', healthCheck: ONCE }),
      upstreamOf([server], { name: 'plain', healthCheck: ONCE }),
    );
    monitor.start();
    await monitor.firstRound;
    expect(monitor.status().map(({ verdict }) => verdict)).toEqual(['up', 'up', 'down']);
  });

  it('checks with a command', async () => {
    const probe = (program: string) => ({ kind: 'command', command: [program] }) as const;
    const { monitor } = monitorOf(
      upstreamOf(local(1), { healthCheck: { ...ONCE, probe: probe('/bin/true') } }),
      upstreamOf(local(1), { name: 'db', healthCheck: { ...ONCE, probe: probe('/bin/false') } }),
    );
    monitor.start();
    await monitor.firstRound;
    expect(monitor.status()).toMatchObject([
      { verdict: 'up' },
      { verdict: 'down', lastError: '/bin/false for 127.0.0.1:1: exit status 1' },
    ]);
  });
});
