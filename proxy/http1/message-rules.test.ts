import { describe, expect, it } from 'vitest';
import { proxyConfig, SILENT_LOG, startPlane, upstreamConfig } from '../data-plane.fixture.ts';
import { VIA_PASSES_MAX } from '../limits.ts';
import { rawClient } from '../raw-peers.fixture.ts';
import {
  exchange,
  OK,
  REQUEST,
  refusal,
  scene,
  start,
  startWith,
  useScene,
} from './scene.fixture.ts';

useScene();

const get = (...lines: string[]) =>
  ['GET / HTTP/1.1', 'Host: x', 'Connection: close', ...lines, '', ''].join('\r\n');

describe('a field with an underscore in its name', () => {
  const request = get('X_Forwarded_For: 192.0.2.1', 'Content_Length: 5', 'A: b');

  it('is dropped, as long as nothing else is said', async () => {
    start();
    const { server } = await exchange(request);
    expect(server.received).not.toContain('_');
    expect(server.received).toContain('\r\nA: b\r\n');
  });

  it('is refused where the listener says so', async () => {
    startWith({ underscores: 'refuse' });
    expect(await refusal(request)).toContain(' 400 ');
    expect(scene.origin.accepted).toBe(0);
  });

  it('passes where the listener says so', async () => {
    startWith({ underscores: 'pass' });
    const { server } = await exchange(request);
    expect(server.received).toContain('\r\nX_Forwarded_For: 192.0.2.1\r\nContent_Length: 5\r\n');
  });
});

describe('Via', () => {
  const passed = (times: number, name = 'tandem') =>
    Array.from({ length: times }, () => `Via: 1.1 ${name} (comment)`);

  it('has the name of the listener, after those that were there', async () => {
    startWith({ via: 'edge-1' });
    const { client, server } = await exchange(get('Via: 1.0 fred, 1.1 other'));
    expect(server.received).toMatch(/Via: 1.0 fred, 1.1 other\r\n(.*\r\n)*Via: 1.1 edge-1\r\n/);
    server.send(OK.replace('\r\n\r\n', '\r\nVia: 1.1 inner\r\n\r\n'));
    expect(await client.end()).toMatch(/Via: 1.1 inner\r\n(.*\r\n)*Via: 1.1 edge-1\r\n/);
  });

  it('of a request that goes round in a circle ends it: 508', async () => {
    start();
    expect(await refusal(get(...passed(VIA_PASSES_MAX)))).toBe('HTTP/1.1 508 Loop Detected');
    const list = passed(VIA_PASSES_MAX).map((line) => line.slice(5).replace('tandem', 'Tandem'));
    expect(await refusal(get(`Via: ${list.join(', ')}`))).toContain(' 508 ');
    expect(scene.origin.accepted).toBe(0);
  });

  it('of such a request has the upstream named in the log that leads back', async () => {
    const told: unknown[] = [];
    const log = { ...SILENT_LOG, warn: (...words: unknown[]) => told.push(words) };
    const config = proxyConfig(upstreamConfig([scene.origin.port]));
    scene.proxy = startPlane(config, undefined, log);
    await refusal(get(...passed(VIA_PASSES_MAX)));
    const fields = expect.objectContaining({ code: 'loop_detected', at: 'web', times: 1 });
    expect(told).toEqual([[fields, expect.stringContaining('leads back to this balancer')]]);
  });

  it('may name us less often than that, and others as often as they like', async () => {
    start();
    const { server } = await exchange(
      get(...passed(VIA_PASSES_MAX - 1), ...passed(2 * VIA_PASSES_MAX, 'tandem.example')),
    );
    expect(server.received).toMatch(/^GET/);
  });

  it('ends a real circle after a few rounds', async () => {
    // A second proxy whose server is the first: what it is asked comes back to it through both.
    start();
    const port = scene.proxy.port;
    const client = await rawClient(port);
    client.send(REQUEST);
    for (let round = 0; ; round++) {
      const server = await scene.origin.connection();
      const head = await server.has('\r\n\r\n');
      const back = await rawClient(port);
      back.send(head.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
      if (round < VIA_PASSES_MAX - 1) continue;
      expect(await back.end()).toContain('HTTP/1.1 508 ');
      break;
    }
    expect(scene.origin.accepted).toBe(VIA_PASSES_MAX);
    client.socket.destroy();
  });
});

describe('an upgrade', () => {
  const asking = (...protocols: string[]) =>
    ['GET / HTTP/1.1', 'Host: x', 'Connection: upgrade', ...protocols, '', ''].join('\r\n');
  const switched = (protocol: string) =>
    `HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;

  it('to a protocol of the list passes', async () => {
    startWith({ upgrades: ['websocket', 'mqtt/5'] });
    const { client, server } = await exchange(asking('Upgrade: MQTT/5'));
    expect(server.received).toContain('\r\nConnection: Upgrade\r\nUpgrade: mqtt/5\r\n');
    server.send(`${switched('mqtt/5')}hello`);
    expect(await client.has('hello')).toContain('\r\nConnection: Upgrade\r\nUpgrade: mqtt/5\r\n');
    client.send('bytes');
    await server.has('bytes');
  });

  it('to one of several asks for the first that is in the list', async () => {
    start();
    const { server } = await exchange(asking('Upgrade: h2c, websocket', 'Upgrade: mqtt'));
    expect(server.received.match(/\r\nUpgrade: .*/g)).toEqual(['\r\nUpgrade: websocket']);
  });

  it('to none of the list is no upgrade', async () => {
    startWith({ upgrades: [] });
    const { client, server } = await exchange(asking('Upgrade: websocket'));
    expect(server.received).not.toMatch(/upgrade/i);
    server.send(OK);
    await client.has('ok');
  });

  it('to something else than was asked for: 502', async () => {
    startWith({ upgrades: ['websocket', 'mqtt'] });
    const { client, server } = await exchange(asking('Upgrade: mqtt'));
    server.send(switched('websocket'));
    expect(await client.end()).toContain('HTTP/1.1 502 ');
  });

  it('is not for HTTP/1.0, which never sees a 101', async () => {
    start();
    const request = asking('Upgrade: websocket').replace('HTTP/1.1', 'HTTP/1.0');
    const { client, server } = await exchange(request);
    expect(server.received).not.toMatch(/upgrade/i);
    server.send(switched('websocket'));
    expect(await client.end()).toMatch(/^HTTP\/1.1 502 /);
  });

  it('that the server declines is answered, and the client goes on, at another connection', async () => {
    start();
    const { client, server } = await exchange(asking('Upgrade: websocket'));
    server.send(OK);
    await client.has('ok');
    client.send(REQUEST);
    // What follows on the old one might be no HTTP for this server: some stop reading it as such.
    const next = await scene.origin.connection();
    await next.has('GET / ');
    next.send(OK);
    await client.until((received) => received.split('ok').length === 3);
    expect(server.received).not.toMatch(/GET .*GET /s);
  });
});

describe('a 205', () => {
  it.each([
    ['announces none', 'Content-Length: 0\r\n\r\n', true],
    ['announces some', 'Content-Length: 5\r\n\r\nhello', false],
    ['sends some in chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', false],
    ['may send some until it closes', '\r\nhello', false],
  ])('has no content, though the server %s', async (_, rest, kept) => {
    start();
    const { client, server } = await exchange();
    server.send(`HTTP/1.1 205 Reset Content\r\n${rest}`);
    expect(await client.has('\r\n\r\n')).toContain('\r\nContent-Length: 0\r\n');
    client.send(REQUEST);
    if (kept) {
      await server.has('GET');
      await server.until((received) => received.split('GET').length === 3);
    } else {
      await (await scene.origin.connection()).has('GET');
    }
    expect(client.received).not.toContain('hello');
    expect(client.received).not.toContain('Transfer-Encoding');
  });
});
