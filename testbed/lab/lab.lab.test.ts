import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientPlan, edgeA, edgeB, virtualAddress4 } from './address-plan.ts';
import { Lab } from './lab.ts';
import { startNodeOrigin } from './stacks/origins.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.create({ hosts: [edgeA, edgeB, clientPlan] });
  for (const name of ['edge-a', 'edge-b']) await startNodeOrigin(lab.host(name));
});

afterAll(() => lab?.close());

/** Whether a TCP connection can be made: the hosts below all run an origin. */
const reaches = async (from: string, to: string) => {
  const script = `const s = require('net').connect({ host: '${to}', port: 80 });
    const end = (code) => process.exit(code);
    s.on('connect', () => end(0)).on('error', () => end(1)); setTimeout(end, 500, 1);`;
  return (await lab.host(from).attempt([process.execPath, '-e', script])).status === 0;
};

test('hosts reach each other over both families, and a cut link is a cut link', async () => {
  expect(await reaches('client', '198.51.100.11')).toBe(true);
  expect(await reaches('client', '2001:db8::12')).toBe(true);
  await lab.cut('edge-a');
  expect(await reaches('client', '198.51.100.11')).toBe(false);
  const link = await lab.host('edge-a').exec(['ip', '-o', 'link', 'show', 'eth0']);
  expect(link).toContain('NO-CARRIER');
  await lab.heal('edge-a');
  await expect.poll(() => reaches('client', '198.51.100.11')).toBe(true);
});

test('each host has a /run of its own', async () => {
  await lab.host('edge-a').exec(['sh', '-c', 'echo a >/run/mine']);
  expect((await lab.host('edge-b').attempt(['cat', '/run/mine'])).status).toBe(1);
  expect(existsSync('/run/mine')).toBe(false);
});

test('the holders of an address are seen as it moves', async () => {
  const watch = await lab.watch(virtualAddress4, ['edge-a', 'edge-b']);
  await lab.host('edge-a').exec(['ip', 'addr', 'add', `${virtualAddress4}/24`, 'dev', 'eth0']);
  await watch.until((holders) => holders.join() === 'edge-a', 5_000);
  expect(await lab.holders(virtualAddress4)).toEqual(['edge-a']);
  await lab.host('edge-b').exec(['ip', 'addr', 'add', `${virtualAddress4}/32`, 'dev', 'eth0']);
  await watch.until((holders) => holders.join() === 'edge-a,edge-b', 5_000);
  await lab.crash('edge-a');
  expect(watch.holders).toEqual(['edge-b']);
  expect(await lab.holders(virtualAddress4)).toEqual(['edge-b']);
  await lab.heal('edge-a');
  await startNodeOrigin(lab.host('edge-a'));
  expect(watch.history.map(({ host, holds }) => `${host} ${holds}`)).toEqual([
    'edge-a true',
    'edge-b true',
    'edge-a false',
  ]);
});

test('a crash kills daemons too and forgets what only memory held', async () => {
  const host = lab.host('edge-b');
  await host.exec([
    'sh',
    '-c',
    'sleep 1000 >&- 2>&- & setsid sleep 1000 >&- 2>&- & touch /run/state',
  ]);
  await host.exec(['nft', 'add', 'table', 'inet', 'kept']);
  expect(host.processes().filter(({ commandLine }) => commandLine === 'sleep 1000')).toHaveLength(
    2,
  );
  await lab.crash('edge-b');
  expect(host.processes()).toEqual([]);
  expect(await host.exec(['nft', 'list', 'ruleset'])).toBe('');
  expect((await host.attempt(['test', '-e', '/run/state'])).status).toBe(1);
  await lab.heal('edge-b');
  await startNodeOrigin(lab.host('edge-b'));
  await expect.poll(() => reaches('client', '198.51.100.12')).toBe(true);
});

test('a part of a host can be stopped and go on', async () => {
  const host = lab.host('edge-a');
  const sleeper = host.spawn(['sleep', '1000']);
  const state = async () =>
    /State:\s+(\w)/.exec(await host.exec(['cat', `/proc/${sleeper.pid}/status`]))?.[1];
  await expect.poll(() => host.signal('SIGSTOP', /^sleep 1000/)).toBe(1);
  await expect.poll(state).toBe('T');
  host.signal('SIGCONT', /^sleep 1000/);
  await expect.poll(state).toBe('S');
  await sleeper.stop();
  expect(await sleeper.exited).toBeNull();
});

test('packets are lost on one port, in one direction, by kind', async () => {
  const tcp4 = 'ip protocol tcp';
  await lab.lose('edge-a', [{ direction: 'received', percent: 100, match: tcp4 }]);
  expect(await reaches('client', '198.51.100.11')).toBe(false);
  expect(await reaches('client', '2001:db8::11')).toBe(true);
  await lab.lose('edge-a', [{ direction: 'sent', percent: 100, match: tcp4 }]);
  expect(await reaches('client', '198.51.100.11')).toBe(false);
  expect(await reaches('edge-a', '198.51.100.12')).toBe(false);
  await lab.lose('edge-a', []);
  expect(await reaches('client', '198.51.100.11')).toBe(true);
});

test('a share of the packets is lost', async () => {
  await lab.lose('edge-a', [{ direction: 'received', percent: 30, match: 'udp dport 9' }]);
  const counter = lab.host('edge-a').spawn(
    [
      process.execPath,
      '-e',
      `let n = 0; const s = require('dgram').createSocket('udp4');
      s.on('message', (m) => { if (String(m) === 'end') { console.log(n); process.exit(); } n++; });
      s.bind(9, () => require('dgram').createSocket('udp4').bind(10, function () {
        this.on('message', () => { console.log(n); process.exit(); }); console.log('bound'); }));`,
    ],
    { streams: 'pipe' },
  );
  const output = createInterface({ input: counter.child.stdout! })[Symbol.asyncIterator]();
  expect((await output.next()).value).toBe('bound');
  await lab.host('client').exec([
    process.execPath,
    '-e',
    `
    const s = require('dgram').createSocket('udp4'); let n = 0;
    const send = () => n++ < 500 ? s.send('x', 9, '198.51.100.11', () => setImmediate(send))
      : s.send('end', 10, '198.51.100.11', () => s.close());
    send();`,
  ]);
  const received = Number((await output.next()).value);
  expect(received).toBeGreaterThan(250);
  expect(received).toBeLessThan(450);
});

test('hosts with a side link keep it when the other one is cut', async () => {
  const lans = ['edge', 'side'] as const;
  const paired = await Lab.create({ hosts: [edgeA, edgeB].map((plan) => ({ ...plan, lans })) });
  try {
    const carrier = async (device: string) => {
      const link = await paired.host('edge-a').exec(['ip', '-o', 'link', 'show', device]);
      return !link.includes('NO-CARRIER');
    };
    expect(await paired.host('edge-a').addresses()).toEqual(
      expect.arrayContaining(['203.0.113.11', '2001:db8:1::11', '198.51.100.11']),
    );
    await paired.cut('edge-a', 'edge');
    expect([await carrier('eth0'), await carrier('eth1')]).toEqual([false, true]);
    await paired.heal('edge-a');
    await expect.poll(() => carrier('eth0')).toBe(true);
  } finally {
    await paired.close();
  }
});

test('a lab refuses plans it could not build', async () => {
  const twice = [edgeA, { name: 'edge-b', number: 11 }];
  await expect(Lab.create({ hosts: twice })).rejects.toThrow('two hosts with one number');
  await expect(Lab.create({ hosts: [] })).rejects.toThrow('1 to 32 hosts');
  const long = [{ name: 'a-name-that-is-long', number: 1 }];
  await expect(Lab.create({ hosts: long })).rejects.toThrow('no host name');
});

test('closing twice is closing once, and nothing is left', async () => {
  const other = await Lab.create({ hosts: [edgeA] });
  other.host('edge-a').spawn(['sleep', '1000']);
  await Promise.all([other.close(), other.close()]);
  await other.close();
  expect(existsSync(other.folder)).toBe(false);
});
