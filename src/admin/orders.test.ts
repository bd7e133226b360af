import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createControlServer, json } from '../control/server.ts';
import { SOCKETS } from '../runtime/runtime-dir.ts';
import { listenUnix } from '../runtime/unix-listener.ts';
import { startAdmin } from './admin-listener.ts';

const READER = 'a token for reading';
const OPERATOR = 'a token for ordering';
const DRAIN = '/servers?server=a:1&drain=1';
let runtimeDir: string;
let admin: { port: number; close(): void };
let lines: { msg: string; from?: string }[];
/** Orders that came through. */
let carriedOut: string[];

const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
const source = {
  status: () => ({}),
  report: () => null,
  readiness: () => ({ ready: true, reasons: [] }),
  metrics: async () => '',
  traffic: () => null,
  orderServers: (query: URLSearchParams) => {
    carriedOut.push(`${query}`);
    return json({ servers: [] });
  },
};

function start(tokens: { token?: string; operator?: string }, hasAgent = false) {
  const bytes = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
  const config = {
    bind: { host: '127.0.0.1', port: 0 },
    tls: null,
    token: bytes(tokens.token),
    operatorToken: bytes(tokens.operator),
    allow: null,
  };
  return startAdmin(config, source, { runtimeDir, hasAgent, host: 'edge-a', log });
}

beforeEach(() => {
  runtimeDir = mkdtempSync(join(tmpdir(), 'tandem-orders-'));
  lines = [];
  carriedOut = [];
});
afterEach(() => {
  admin.close();
  rmSync(runtimeDir, { recursive: true });
});

function send(
  path: string,
  { method = 'POST', headers = {}, body = '' }: SendOptions = {},
): Promise<{ status: number; body: string; headers: http.IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { port: admin.port, path, method, headers, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        const { statusCode: status = 0, headers: fields } = response;
        response.on('end', () => resolve({ status, body: text, headers: fields }));
      },
    );
    request.on('error', reject).end(body);
  });
}

interface SendOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const operator = bearer(OPERATOR);

test('who has the token of the operator orders, and the log says who and what', async () => {
  admin = await start({ token: READER, operator: OPERATOR });
  expect(await send(DRAIN, { headers: operator })).toMatchObject({ status: 200 });
  expect(carriedOut).toEqual(['server=a%3A1&drain=1']);
  expect(lines).toContainEqual(
    expect.objectContaining({
      from: '127.0.0.1',
      msg: 'admin: 127.0.0.1 orders /servers?server=a%3A1&drain=1: done',
    }),
  );
  // A page of this listener's own.
  const host = `localhost:${admin.port}`;
  const own = { ...operator, host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
  expect((await send(DRAIN, { headers: own })).status).toBe(200);
});

test.each([
  ['without a token', {}, 401],
  ['with a wrong one', bearer('a guess'), 401],
  ['with an empty one', { authorization: 'Bearer ' }, 401],
  ['from a page of another origin', { ...operator, origin: 'http://evil.example' }, 403],
  ['from a page of no origin', { ...operator, origin: 'null' }, 403],
  ['from a page of another site', { ...operator, 'sec-fetch-site': 'cross-site' }, 403],
  ['from another port of this host', { ...operator, 'sec-fetch-site': 'same-site' }, 403],
])('%s nothing is carried out, whether or not reading needs one', async (_, headers, status) => {
  const sent = { headers: headers as Record<string, string> };
  admin = await start({ operator: OPERATOR });
  expect((await send(DRAIN, sent)).status).toBe(status);
  admin.close();
  admin = await start({ token: READER, operator: OPERATOR });
  expect((await send(DRAIN, sent)).status).toBe(status);
  expect(carriedOut).toEqual([]);
});

test('a token for reading is told that it is one', async () => {
  admin = await start({ token: READER, operator: OPERATOR });
  const { status, body } = await send(DRAIN, { headers: bearer(READER) });
  expect([status, body]).toEqual([403, expect.stringContaining('this token may read')]);
  expect(carriedOut).toEqual([]);
});

test('without a token of the operator nobody orders, whatever they have', async () => {
  for (const tokens of [{ token: READER }, {}, { operator: '' }]) {
    admin = await start(tokens);
    for (const headers of [{}, bearer(READER), { authorization: 'Bearer ' }]) {
      expect([401, 403]).toContain((await send(DRAIN, { headers })).status);
    }
    admin.close();
  }
  admin = await start({});
  const { status, body } = await send(DRAIN);
  expect(status).toBe(403);
  expect(body).toContain('set admin.operator_token, or use the command line');
  expect(carriedOut).toEqual([]);
});

test('a name that is not loopback is refused there, with any token', async () => {
  admin = await start({ operator: OPERATOR });
  const headers = { ...operator, host: 'evil.example', origin: 'http://evil.example' };
  expect((await send(DRAIN, { headers })).status).toBe(421);
  expect(carriedOut).toEqual([]);
});

test('an order is a POST without a body', async () => {
  admin = await start({ token: READER, operator: OPERATOR });
  for (const method of ['GET', 'PUT', 'DELETE']) {
    expect([404, 405]).toContain((await send(DRAIN, { method, headers: operator })).status);
  }
  expect((await send(DRAIN, { headers: operator, body: 'x'.repeat(100_000) })).status).toBe(413);
  const chunked = { ...operator, 'transfer-encoding': 'chunked' };
  expect((await send(DRAIN, { headers: chunked, body: 'x' })).status).toBe(413);
  expect(carriedOut).toEqual([]);
});

test('orders are taken at the pace of a person', async () => {
  admin = await start({ operator: OPERATOR });
  const statuses: number[] = [];
  for (let n = 0; n < 40; n++) statuses.push((await send(DRAIN, { headers: operator })).status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(30);
  expect(statuses.at(-1)).toBe(429);
  expect(carriedOut).toHaveLength(30);
});

test('the agent gets what is for it, and its answer comes back', async () => {
  admin = await start({ operator: OPERATOR }, true);
  const silent = await send('/handover?routers=web', { headers: operator });
  expect([silent.status, silent.body]).toEqual([503, expect.stringContaining('does not answer')]);
  const heard: string[] = [];
  const answer = (name: string) => (query: URLSearchParams) => {
    heard.push(`${name} ${query}`);
    return json({ results: [] }, 409);
  };
  const orders = { '/handover': answer('handover'), '/hold': answer('hold') };
  const agent = createControlServer({}, log, { orders });
  await listenUnix(agent, join(runtimeDir, SOCKETS.keepalive));
  expect((await send('/handover?routers=web', { headers: operator })).status).toBe(409);
  await send('/hold?on=1', { headers: operator });
  expect(heard).toEqual(['handover routers=web', 'hold on=1']);
  agent.close();
});

test('a host without an agent has nothing to hand over', async () => {
  admin = await start({ operator: OPERATOR });
  const { status, body } = await send('/handover', { headers: operator });
  expect([status, body]).toEqual([404, expect.stringContaining('no virtual routers')]);
});

test('a reader of /events is told whether it may order', async () => {
  const told = async (headers: Record<string, string>) => {
    const response = await fetch(`http://127.0.0.1:${admin.port}/events`, { headers });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return /"orders":"(\w+)"/.exec(value ?? '')?.[1];
  };
  admin = await start({ token: READER, operator: OPERATOR });
  expect([await told(operator), await told(bearer(READER))]).toEqual(['allowed', 'token']);
  admin.close();
  admin = await start({});
  expect(await told({})).toBe('none');
});

test('the page is for everybody and says nothing; what it shows needs the token', async () => {
  admin = await start({ token: READER, operator: OPERATOR });
  const page = await send('/dashboard', { method: 'GET' });
  expect(page).toMatchObject({ status: 200 });
  expect(page.body).not.toContain('edge-a');
  expect(page.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  const policy = page.headers['content-security-policy'];
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe');
  // What that policy forbids is not in it.
  expect(page.body).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son\w+=|https?:/);
  const style = await send('/dashboard/style.css', { method: 'GET' });
  expect(style.headers['content-type']).toBe('text/css; charset=utf-8');
  for (const path of ['/events', '/dashboard/', '/dashboard/../status', '/status']) {
    expect((await send(path, { method: 'GET' })).status).toBe(401);
  }
  expect((await send('/', { method: 'GET' })).status).toBe(401);
  const browser = { accept: 'text/html,*/*' };
  expect(await send('/', { method: 'GET', headers: browser })).toMatchObject({
    status: 302,
    headers: { location: '/dashboard' },
  });
});
