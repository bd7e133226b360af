/** The access log through the whole data plane: what a line says of requests that end in every way. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccessLogConfig, LogPart } from '../../src/config/access-log-config.ts';
import type { HttpRulesConfig, RouteConfig } from '../../src/config/proxy-config.ts';
import type { RequestIdConfig, TraceConfig } from '../../src/config/request-id-config.ts';
import type { RetryConfig } from '../../src/config/retry-config.ts';
import {
  proxyConfig,
  routeConfig,
  SILENT_LOG,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { testEngine } from '../io/test-engine.fixture.ts';
import { RawOrigin, rawClient } from '../raw-peers.fixture.ts';
import { RETRY } from '../upstream/upstream.fixture.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';

let origin: RawOrigin;
let proxy: TestPlane;
let text = '';

beforeEach(async () => {
  text = '';
  origin = await RawOrigin.listen();
});

afterEach(async () => {
  await proxy.close();
  origin.close();
});

/** `$name` and text; families are told by their names. */
function parts(template: string): LogPart[] {
  return template.split(/(\$\w+)/).map((piece): LogPart => {
    const [, family, name] = /^\$(http_|cookie_|arg_)(\w+)$/.exec(piece) ?? [];
    if (family !== undefined) return { family: family as 'http_', name: name! };
    return piece.startsWith('$') ? { variable: piece.slice(1) } : { text: piece };
  });
}

interface Changes {
  readonly log?: Partial<AccessLogConfig>;
  readonly ports?: readonly number[];
  readonly retry?: Partial<RetryConfig>;
  readonly routes?: readonly RouteConfig[];
  readonly rules?: Partial<HttpRulesConfig>;
  readonly requestId?: RequestIdConfig;
  readonly trace?: TraceConfig;
}

function start(template: string, { log = {}, ports, retry = {}, ...listener }: Changes = {}): void {
  const accessLog: AccessLogConfig = {
    destination: { kind: 'stdout' },
    style: 'text',
    parts: parts(template),
    redact: [],
    truncateAddresses: false,
    sampleEvery: 1,
    flushMs: 50,
    bufferBytes: 65_536,
    ...log,
  };
  const upstream = upstreamConfig(ports ?? [origin.port], { retry: { ...RETRY, ...retry } });
  const config = proxyConfig(upstream, { accessLog, ...listener });
  proxy = startPlane(config, testEngine(), SILENT_LOG, {
    send(destination, bytes) {
      text += Buffer.from(bytes).toString('latin1');
      queueMicrotask(() => proxy.plane.linesTaken(destination));
    },
  });
}

async function lines(count = 1): Promise<string[]> {
  await vi.waitFor(() => expect(text.split('\n')).toHaveLength(count + 1), { timeout: 5000 });
  return text.split('\n').slice(0, count);
}

async function deadPort(): Promise<number> {
  const dead = await RawOrigin.listen();
  const { port } = dead;
  dead.close();
  await vi.waitFor(() => expect(dead.server.listening).toBe(false));
  return port;
}

/** One request over a connection of its own; returns what the server got and the client got. */
async function exchange(request: string, response = OK): Promise<readonly [string, string]> {
  const client = await rawClient(proxy.port);
  client.send(request);
  const server = await origin.connection();
  await server.has('\r\n\r\n');
  server.send(response);
  await client.has(response.slice(-2));
  client.socket.destroy();
  return [server.received, client.received];
}

describe('a line', () => {
  it('says what came and what was answered', async () => {
    start(
      '$remote_addr [$listener $route $upstream] "$request" $request_method $request_uri $uri $args ' +
        '$host $scheme $server_protocol $status $error $request_completion $tries $upstream_addr ' +
        '$upstream_status $http_x_a $cookie_b $arg_q $remote_user $connection $connection_requests',
    );
    await exchange(
      'GET /p?q=1&r=2 HTTP/1.1\r\nHost: Shop.Example:8080\r\nX-A: one\r\nx_a: two\r\n' +
        'Cookie: a=1; b=two\r\nAuthorization: Basic dXNlcjpzZWNyZXQ=\r\n\r\n',
    );
    const [line] = await lines();
    expect(line).toBe(
      '127.0.0.1 [front / web] "GET /p?q=1&r=2 HTTP/1.1" GET /p?q=1&r=2 /p q=1&r=2 shop.example http ' +
        `HTTP/1.1 200 - OK 1 127.0.0.1:${origin.port} 200 one, two two 1 user 1 1`,
    );
  });

  it('counts the bytes of its request and of its answer', async () => {
    start('$request_length $bytes_sent $body_bytes_sent $status');
    const request = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc';
    await exchange(request);
    const [length, sent, body, status] = (await lines())[0]!.split(' ').map(Number);
    expect([length, body, status]).toEqual([request.length, 2, 200]);
    expect(sent).toBe(proxy.listener().bytesOut);
  });

  it('in JSON has numbers and strings, and null for what is not there', async () => {
    start('{"s":$status,"t":$request_time,"u":$upstream_connect_time,"a":$args,"h":$http_x}', {
      log: { style: 'json' },
    });
    await exchange('GET / HTTP/1.1\r\nHost: x\r\nX: "\u00e9\r\n\r\n');
    expect(JSON.parse((await lines())[0]!)).toEqual({
      s: 200,
      t: expect.any(Number),
      u: expect.stringMatching(/^\d\.\d{3}$/),
      a: null,
      h: expect.stringMatching(/^"/),
    });
  });

  it('says of a connection that was kept that connecting took no time', async () => {
    start('$status $upstream_connect_time');
    const kept = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    const client = await rawClient(proxy.port);
    client.send('GET /1 HTTP/1.1\r\nHost: x\r\n\r\n');
    const server = await origin.connection();
    await server.has('/1 ');
    server.send(kept);
    await client.has('ok');
    client.take();
    client.send('GET /2 HTTP/1.1\r\nHost: x\r\n\r\n');
    await server.has('/2 ');
    server.send(kept);
    await client.has('ok');
    client.socket.destroy();
    expect((await lines(2))[1]).toBe('200 0.000');
  });

  it('tells of every server that was tried, with commas between', async () => {
    const port = await deadPort();
    start('$tries|$upstream_addr|$upstream_status|$upstream_header_time|$upstream_response_time', {
      ports: [port, origin.port],
    });
    await exchange('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const [line] = await lines();
    expect(line).toMatch(
      new RegExp(
        `^2\\|127.0.0.1:${port}, 127.0.0.1:${origin.port}\\|502, 200\\|` +
          '-, \\d+\\.\\d{3}\\|\\d+\\.\\d{3}, \\d+\\.\\d{3}$',
      ),
    );
  });
});

describe('of a request that was sent to a second server because the first was slow', () => {
  it.each(['first', 'second'])('says who answered: the %s', async (which) => {
    const rival = await RawOrigin.listen();
    const ports = [origin.port, rival.port];
    start('$tries $upstream_addr $upstream_status', { ports, retry: { hedgeAfterMs: 20 } });
    const client = await rawClient(proxy.port);
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const servers = [await origin.connection(), await rival.connection()];
    await servers[1]!.has('\r\n\r\n');
    servers[which === 'first' ? 0 : 1]!.send(OK);
    await client.has('ok');
    client.socket.destroy();
    const addresses = ports.map((port) => `127.0.0.1:${port}`).join(', ');
    const statuses = which === 'first' ? '200, -' : '-, 200';
    expect(await lines()).toEqual([`2 ${addresses} ${statuses}`]);
    rival.close();
  });
});

describe('a request that goes wrong', () => {
  it('before anybody can say whose it is, is that of the proxy it came through', async () => {
    const trusted = [{ address: '127.0.0.0', prefixLength: 8 }];
    const rules = { clientIp: { trusted, header: 'x-forwarded-for' } };
    start('$remote_addr $status', { rules });
    const client = await rawClient(proxy.port);
    client.send('GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n');
    const server = await origin.connection();
    await server.has('\r\n\r\n');
    server.send(OK);
    await client.has('ok');
    client.send('GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.2\r\nHost: x\r\n\r\n');
    await client.end();
    expect(await lines(2)).toEqual(['192.0.2.1 200', '127.0.0.1 400']);
  });

  it('is told with our code, and what there was of it', async () => {
    start('$status $error "$request" $host $bytes_sent $body_bytes_sent');
    const client = await rawClient(proxy.port);
    client.send('GET /\u0001" HTTP/1.1\r\nHost: secret\r\n\r\n');
    const answer = await client.end();
    const body = answer.length - answer.indexOf('\r\n\r\n') - 4;
    expect((await lines())[0]).toBe(
      `400 bad_target "GET /\\x01\\x22 HTTP/1.1" - ${answer.length} ${body}`,
    );
  });

  it('whose client leaves is a 499', async () => {
    start('$status $error $request_completion');
    const client = await rawClient(proxy.port);
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await origin.connection();
    client.socket.resetAndDestroy();
    expect((await lines())[0]).toBe('499 client_gone -');
  });

  it('that no server takes is a 502 with the code', async () => {
    const port = await deadPort();
    start('$status $error $upstream_status $upstream_header_time', { ports: [port] });
    const client = await rawClient(proxy.port);
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.has('\r\n\r\n');
    expect((await lines())[0]).toBe('502 connect_failed 502 -');
    client.socket.destroy();
  });
});

it('routes may stay out of the log, and one in so many may stand for all that went well', async () => {
  const routes = [
    routeConfig({ name: 'quiet', path: '/quiet', accessLog: false }),
    routeConfig({ name: 'loud' }),
  ];
  start('$route $status', { routes, log: { sampleEvery: 3 } });
  for (const status of ['200', '200', '200', '404', '200']) {
    await exchange('GET /a HTTP/1.1\r\nHost: x\r\n\r\n', OK.replace('200', status));
    await exchange('GET /quiet HTTP/1.1\r\nHost: x\r\n\r\n');
  }
  expect(await lines(3)).toEqual(['loud 200', 'loud 404', 'loud 200']);
  expect(proxy.listener()).toMatchObject({ logLines: 3, logDropped: 0 });
});

describe('ids', () => {
  const ASK = 'GET / HTTP/1.1\r\nHost: x\r\n';
  const requestId: RequestIdConfig = { header: 'X-Request-ID', trust: 'never', respond: true };

  it('are made for each request, and told to server, client and log', async () => {
    start('$request_id', { requestId });
    const [asked, answered] = await exchange(
      `${ASK}X-Request-Id: mine\r\nx_request_id: too\r\n\r\n`,
    );
    const [id] = await lines();
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(asked).toContain(`\r\nX-Request-ID: ${id}\r\n`);
    expect(asked).not.toMatch(/mine|too/);
    expect(answered).toContain(`\r\nX-Request-ID: ${id}\r\n`);
  });

  it('need no access log', async () => {
    const config = proxyConfig(upstreamConfig([origin.port]), { requestId });
    proxy = startPlane(config);
    for (let count = 0; count < 3; count++) {
      const [asked, answered] = await exchange(`${ASK}\r\n`);
      const id = /X-Request-ID: ([0-9a-f]{32})\r\n/.exec(asked)?.[1];
      expect(answered).toContain(`X-Request-ID: ${id}\r\n`);
    }
    expect(proxy.listener()).toMatchObject({ responses2xx: 3, logLines: 0 });
  });

  it('go with errors, too', async () => {
    start('$request_id $status', { requestId, routes: [routeConfig({ path: '/other' })] });
    const client = await rawClient(proxy.port);
    client.send(`${ASK}\r\n`);
    const answered = await client.until((received) => received.includes('404'));
    const [line] = await lines();
    expect(answered).toContain(`X-Request-ID: ${line!.split(' ')[0]}\r\n`);
    client.socket.destroy();
  });

  it('leave a 503 its Retry-After', async () => {
    start('$status', { requestId, ports: [] });
    const client = await rawClient(proxy.port);
    client.send(`${ASK}\r\n`);
    const answered = await client.has('no server is available');
    expect(answered).toMatch(/\r\nX-Request-ID: [0-9a-f]{32}\r\n/);
    expect(answered).toContain('\r\nRetry-After: 1\r\n');
    client.socket.destroy();
  });

  it('of those who are trusted are passed on; what is no id is replaced', async () => {
    const trust = [{ address: '127.0.0.0', prefixLength: 8 }];
    start('$request_id', { requestId: { ...requestId, trust, respond: false } });
    const [asked, answered] = await exchange(`${ASK}X-Request-Id: abc-1\r\n\r\n`);
    const [bad] = await exchange(`${ASK}X-Request-Id: a b\r\n\r\n`);
    const [first, second] = await lines(2);
    expect(first).toBe('abc-1');
    expect(asked.match(/x-request-id: abc-1/gi)).toHaveLength(1);
    expect(answered).not.toMatch(/x-request-id/i);
    expect(bad).toContain(`X-Request-ID: ${second}\r\n`);
    expect(bad).not.toContain('a b');
  });

  const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
  const sent = `traceparent: 00-${TRACE}-00f067aa0ba902b7-01\r\ntracestate: v=1\r\n`;

  it('of a trace are continued with a span of their own', async () => {
    start('$trace_id $span_id', { trace: { trust: 'always', sampled: false } });
    const [asked] = await exchange(`${ASK}${sent}\r\n`);
    const [line] = await lines();
    const [trace, span] = line!.split(' ');
    expect(trace).toBe(TRACE);
    expect(asked).toContain(`traceparent: 00-${TRACE}-${span}-01\r\n`);
    expect(asked).toContain('tracestate: v=1\r\n');
    expect(asked.match(/traceparent/g)).toHaveLength(1);
  });

  it.each([
    ['a stranger', 'never', sent],
    ['nonsense', 'always', 'traceparent: 00-0-0-01\r\ntracestate: v=1\r\n'],
    ['two at once', 'always', `${sent}${sent}`],
  ] as const)('of a trace begin anew for %s', async (_, trust, lines_) => {
    start('$trace_id $span_id', { trace: { trust, sampled: true } });
    const [asked] = await exchange(`${ASK}${lines_}\r\n`);
    const [trace, span] = (await lines())[0]!.split(' ');
    expect(trace).not.toBe(TRACE);
    expect(asked.match(/^trace.*$/gm)).toEqual([`traceparent: 00-${trace}-${span}-01`]);
  });
});

it('whatever a client sends is one line, which is valid JSON', async () => {
  start('{"r":$request,"u":$request_uri,"h":$http_x,"s":$status}', {
    log: { style: 'json' },
    ports: [await deadPort()],
  });
  const anything = fc
    .uint8Array({ maxLength: 80 })
    .map((bytes) => Buffer.from(bytes).toString('latin1'));
  let requests = 0;
  await fc.assert(
    fc.asyncProperty(anything, anything, async (target, value) => {
      const client = await rawClient(proxy.port);
      client.send(`GET /${target} HTTP/1.1\r\nHost: x\r\nX: ${value}\r\n\r\n`);
      client.socket.end();
      await Promise.race([client.closed(), client.end()]);
      client.socket.destroy();
      requests++;
    }),
    { numRuns: 60 },
  );
  await vi.waitFor(() => expect(proxy.listener().open).toBe(0));
  const { logLines } = proxy.listener();
  for (const line of await lines(logLines)) {
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(line).s).toBeGreaterThan(0);
  }
  expect(logLines).toBeGreaterThan(requests / 2);
});
