/** Real requests to routes that look at everything there is, are split, or are not for everybody. */
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RouteConfig } from '../../src/config/proxy-config.ts';
import type { RouteCondition } from '../../src/config/routing-config.ts';
import type { SplitConfig } from '../../src/config/split-config.ts';
import {
  proxyConfig,
  routeConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { cookieId } from './split.ts';

const loopback = { address: '127.0.0.0', prefixLength: 8 };
const elsewhere = { address: '203.0.113.0', prefixLength: 24 };
const exactly = (value: string) => ({ kind: 'exact', value }) as const;

/** A route under a path of its own, to the upstream `blue`. */
function route(path: string, ...conditions: readonly RouteCondition[]): RouteConfig {
  return routeConfig({ path, upstream: 'blue', conditions, order: -conditions.length });
}

function split(path: string, more: Partial<SplitConfig>): RouteConfig {
  const shares = [
    { upstream: 'blue', weight: 1 },
    { upstream: 'green', weight: 3 },
  ];
  const config = { shares, key: null, force: [], cookie: null, ...more };
  return routeConfig({ path, upstream: null, split: config });
}

const ROUTES = [
  route('/header', { on: 'header', name: 'x-v', tests: [exactly('2')], negated: false }),
  route('/cookie', { on: 'cookie', name: 'beta', tests: [], negated: false }),
  route('/query', {
    on: 'query',
    name: 'q',
    tests: [{ kind: 'regex', pattern: '[0-9]+' }],
    negated: false,
  }),
  route('/source', { on: 'source', networks: [loopback], negated: true }),
  route('/scheme', { on: 'scheme', scheme: 'https', negated: false }),
  routeConfig({ upstream: 'green', order: 1 }),
  split('/turns', {}),
  split('/keyed', { key: { kind: 'header', name: 'x-user' } }),
  split('/kept', { cookie: { name: 'rel', ttlMs: 60_000 } }),
  { ...route('/denied'), access: [[{ allow: false, networks: [loopback] }]] },
  {
    ...route('/allowed'),
    access: [
      [
        { allow: true, networks: [loopback] },
        { allow: false, networks: [] },
      ],
    ],
  },
  {
    ...route('/strangers'),
    access: [
      [],
      [
        { allow: true, networks: [elsewhere] },
        { allow: false, networks: [] },
      ],
    ],
  },
];

let servers: Server[];
let plane: TestPlane;

beforeAll(async () => {
  servers = ['blue', 'green'].map((name) => createServer((_, response) => void response.end(name)));
  const upstreams = [];
  for (const [index, server] of servers.entries()) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    upstreams.push(upstreamConfig([port], { name: index === 0 ? 'blue' : 'green' }));
  }
  const config = proxyConfig(upstreams[0]!, { routes: ROUTES });
  plane = startPlane({ ...config, upstreams });
});

afterAll(async () => {
  await plane.close();
  for (const server of servers) server.close();
});

async function ask(path: string, headers: Readonly<Record<string, string>> = {}) {
  const sent = request({ port: plane.port, host: '127.0.0.1', path, headers, agent: false });
  sent.end();
  const [response] = await once(sent, 'response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, body, cookies: response.headers['set-cookie'] };
}

async function bodyOf(path: string, headers: Readonly<Record<string, string>> = {}) {
  return (await ask(path, headers)).body;
}

describe('routes by what a request says', () => {
  it('look at header fields, cookies, parameters, the scheme and the source', async () => {
    expect(await bodyOf('/header', { 'X-V': '2' })).toBe('blue');
    expect(await bodyOf('/header', { 'X-V': '3' })).toBe('green');
    expect(await bodyOf('/cookie', { cookie: 'a=b; beta=' })).toBe('blue');
    expect(await bodyOf('/cookie', { cookie: 'a=beta' })).toBe('green');
    expect(await bodyOf('/query?a=b&q=17')).toBe('blue');
    expect(await bodyOf('/query?q=x17')).toBe('green');
    expect(await bodyOf('/source')).toBe('green');
    expect(await bodyOf('/scheme')).toBe('green');
  });
});

describe('a split route', () => {
  it('gives exactly their part to each, by turns', async () => {
    const answers: string[] = [];
    for (let request = 0; request < 12; request++) answers.push(await bodyOf('/turns'));
    expect(answers.filter((name) => name === 'blue')).toHaveLength(3);
  });

  it('sends a key to one place, whichever connection it comes over', async () => {
    const names = new Set<string>();
    for (let user = 0; user < 12; user++) {
      const headers = { 'X-User': `${user}` };
      const first = await bodyOf('/keyed', headers);
      names.add(first);
      expect(await bodyOf('/keyed', headers)).toBe(first);
    }
    expect([...names].sort()).toEqual(['blue', 'green']);
  });

  it('keeps clients by a cookie that says nothing to them', async () => {
    const { body, cookies } = await ask('/kept');
    expect(cookies).toEqual([`rel=${cookieId(body)}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax`]);
    for (const name of ['blue', 'green']) {
      const again = await ask('/kept', { cookie: `rel=${cookieId(name)}` });
      expect([again.body, again.cookies]).toEqual([name, undefined]);
    }
  });
});

describe('lists of networks', () => {
  it('answer 403 to clients outside', async () => {
    const denied = await ask('/denied');
    expect([denied.status, denied.body]).toEqual([
      403,
      '403 Forbidden: this client may not come here\n',
    ]);
    expect(await bodyOf('/allowed')).toBe('blue');
    expect((await ask('/strangers')).status).toBe(403);
  });
});
