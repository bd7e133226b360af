import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { RetryConfig } from '../../src/config/retry-config.ts';
import {
  proxyConfig,
  serverConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { RawOrigin, type RawPeer, rawClient } from '../raw-peers.fixture.ts';
import { FREE_RETRIES } from '../resilience/retry-budget.ts';
import { settledHttp } from '../upstream/settled.fixture.ts';
import { RETRY } from '../upstream/upstream.fixture.ts';
import { OK, REQUEST } from './scene.fixture.ts';

const POST = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi';
const UNAVAILABLE = 'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy';

let first: RawOrigin;
let second: RawOrigin;
let proxy: TestPlane;

beforeEach(async () => {
  [first, second] = await Promise.all([RawOrigin.listen(), RawOrigin.listen()]);
});

afterEach(async () => {
  await proxy.close();
  first.close();
  second.close();
});

/** Two servers, the first of which is asked first. */
function start(retry: Partial<RetryConfig>, upstream: Partial<UpstreamConfig> = {}): void {
  const servers = [serverConfig(first.port), { ...serverConfig(second.port), backup: true }];
  const config = { ...upstream, servers, retry: { ...RETRY, ...retry } };
  proxy = startPlane(proxyConfig(upstreamConfig([], config)));
}

/** A client's request, as it arrives at a server. */
async function sent(origin: RawOrigin, request = REQUEST): Promise<[RawPeer, RawPeer]> {
  const client = await rawClient(proxy.port);
  client.send(request);
  return [client, await arrived(origin)];
}

async function arrived(origin: RawOrigin): Promise<RawPeer> {
  const server = await origin.connection();
  await server.has('\r\n\r\n');
  return server;
}

/** Connections that were reset by a server. */
function resets(): number {
  return proxy.server(first.port).resets + proxy.server(second.port).resets;
}

/** The client's answer; then nothing is left behind anywhere. */
async function answered(client: RawPeer, text: string): Promise<void> {
  await client.has(text);
  client.socket.destroy();
  await settledHttp(proxy, [first.port, second.port]);
}

describe('a request goes to another server', () => {
  it('when the first closes before it answers', async () => {
    start({});
    const [client, server] = await sent(first);
    server.socket.resetAndDestroy();
    (await arrived(second)).send(OK);
    await answered(client, 'ok');
    expect(proxy.server(first.port)).toMatchObject({ resets: 1, retries: 0 });
    expect(proxy.server(second.port)).toMatchObject({ retries: 1, responses2xx: 1 });
  });

  it('when the first does not answer in time, if that is wanted', async () => {
    start({ on: ['timeout'] }, { responseTimeoutMs: 60 });
    const [client] = await sent(first);
    (await arrived(second)).send(OK);
    await answered(client, 'ok');
    expect(proxy.server(first.port)).toMatchObject({ responseTimeouts: 1 });
  });

  it('when the first answers with something that is not HTTP, if that is wanted', async () => {
    start({ on: ['invalid'] });
    const [client, server] = await sent(first);
    server.send('SSH-2.0-OpenSSH\r\n\r\n');
    (await arrived(second)).send(OK);
    await answered(client, 'ok');
    expect(proxy.server(first.port)).toMatchObject({ badResponses: 1 });
  });

  it('when the first answers with a status that is not to be passed on', async () => {
    start({ statuses: [[503, 503]] });
    const [client, server] = await sent(first);
    server.send(UNAVAILABLE);
    (await arrived(second)).send(OK);
    await answered(client, 'ok');
    expect(client.received).not.toContain('busy');
    expect(proxy.server(first.port)).toMatchObject({ responses5xx: 1 });
    expect(proxy.listener()).toMatchObject({ responses2xx: 1, responses5xx: 0 });
  });

  it('with its body, as far as that has come, and the rest after it', async () => {
    start({});
    const head = 'PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
    const [client, server] = await sent(first, head);
    client.send('3\r\nabc\r\n');
    await server.has('3\r\nabc\r\n');
    server.socket.resetAndDestroy();
    const other = await arrived(second);
    await other.has('3\r\nabc\r\n');
    client.send('2\r\nde\r\n0\r\n\r\n');
    await other.has('2\r\nde\r\n0\r\n\r\n');
    other.send(OK);
    await answered(client, 'ok');
  });
});

describe('the client learns of it', () => {
  it('when what was sent may have been acted upon', async () => {
    start({});
    const [client, server] = await sent(first, POST);
    server.socket.resetAndDestroy();
    await answered(client, ' 502 ');
    expect(second.accepted).toBe(0);
  });

  it('when more of the body came than is kept', async () => {
    start({ bodyBytesMax: 150 });
    const [client, server] = await sent(
      first,
      'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n',
    );
    client.send('x'.repeat(299));
    await server.has('x'.repeat(299));
    server.socket.resetAndDestroy();
    await answered(client, ' 502 ');
    expect(second.accepted).toBe(0);
  });

  it('when there is no other server: it gets the answer that should have been better', async () => {
    start({ statuses: [[503, 503]], triesMax: 2 });
    const [client, server] = await sent(first);
    server.send(UNAVAILABLE);
    (await arrived(second)).send(UNAVAILABLE);
    await answered(client, 'busy');
  });

  it('when retries have become too many for the requests there are', async () => {
    start({ statuses: [[503, 503]], budgetPercent: 0 }, { keepAliveMax: 0 });
    for (let request = 0; request < FREE_RETRIES; request++) {
      const [client, server] = await sent(first);
      server.send(UNAVAILABLE);
      (await arrived(second)).send(OK);
      await client.has('ok');
      client.socket.destroy();
    }
    const [client, server] = await sent(first);
    server.send(UNAVAILABLE);
    await answered(client, 'busy');
    expect(proxy.server(first.port)).toMatchObject({ retriesWithheld: 1 });
  });
});

describe('a read that takes long is sent to another server as well', () => {
  it('whose answer counts when it comes first', async () => {
    start({ hedgeAfterMs: 20 });
    const [client, slow] = await sent(first);
    (await arrived(second)).send(OK);
    await client.has('ok');
    // The other try is called off at once, not when it answers.
    await slow.closed();
    await answered(client, 'ok');
    expect(proxy.server(second.port)).toMatchObject({ hedges: 1, retries: 0 });
    expect(proxy.server(first.port)).toMatchObject({ resets: 0, responses2xx: 0 });
  });

  it('whose answer does not count when it comes second', async () => {
    start({ hedgeAfterMs: 20 });
    const [client, slow] = await sent(first);
    const other = await arrived(second);
    slow.send(OK);
    await client.has('ok');
    await other.closed();
    await answered(client, 'ok');
  });

  it('and when one of them fails, the other goes on', async () => {
    start({ hedgeAfterMs: 20 });
    for (const which of ['first', 'second']) {
      const [client, slow] = await sent(first);
      const other = await arrived(second);
      const [fails, goesOn] = which === 'first' ? [slow, other] : [other, slow];
      fails.socket.resetAndDestroy();
      await expect.poll(() => resets()).toBe(which === 'first' ? 1 : 2);
      goesOn.send(OK.replace('Content-Length', 'Connection: close\r\nContent-Length'));
      await client.has('ok');
      client.socket.destroy();
    }
    await settledHttp(proxy, [first.port, second.port]);
  });

  it('and when both fail, the client learns of it', async () => {
    start({ hedgeAfterMs: 20 });
    const [client, slow] = await sent(first);
    const other = await arrived(second);
    slow.socket.resetAndDestroy();
    other.socket.resetAndDestroy();
    await answered(client, ' 502 ');
  });

  it('but not a request that changes something', async () => {
    start({ hedgeAfterMs: 1 });
    const [client, server] = await sent(first, POST);
    // Others that come later are sent twice meanwhile.
    const [next] = await sent(first);
    (await arrived(second)).send(OK);
    await next.has('ok');
    next.socket.destroy();
    server.send(OK);
    await answered(client, 'ok');
    expect(proxy.server(second.port)).toMatchObject({ requests: 1, hedges: 1 });
  });

  it('and nothing is left when the client goes away meanwhile', async () => {
    start({ hedgeAfterMs: 20 });
    const [client, slow] = await sent(first);
    const other = await arrived(second);
    client.socket.resetAndDestroy();
    await Promise.all([slow.closed(), other.closed()]);
    await settledHttp(proxy, [first.port, second.port]);
  });
});
