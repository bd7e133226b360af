import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tandem } from '../terminal.case.ts';
import { explain } from './explain.ts';

const CONFIG = `
upstreams:
  api: { servers: [{ address: 198.51.100.21:80 }] }
  api_v2: { servers: [{ address: 198.51.100.22:80 }] }
rate_limits: { all: { key: total, rate: 5/s } }
listeners:
  http:
    bind: "0.0.0.0:80"
    protocol: http
    client_ip: { trusted: [198.51.100.0/24] }
    routes:
      - { match: { path: /api, header: { X-Version: "2" } }, upstream: api_v2, name: second }
      - { match: { path: /api, method: GET }, upstream: api, rate_limits: [all], timeout: 3s }
      - match: { path: /canary }
        split:
          shares: [{ upstream: api_v2, weight: 5 }, { upstream: api, weight: 95 }]
          force: { by: header X-Canary, values: { always: api_v2 } }
      - { match: { path: /old }, redirect: { to: "https://$host/new" } }
      - { match: { path: /strip }, upstream: api, rewrite: { path: { strip: /strip } } }
      - { match: { path: /admin }, upstream: api, allow: [203.0.113.0/24] }
      - { match: { host: other.example, path: /api }, upstream: api, priority: 3 }
  other: { bind: "0.0.0.0:81", protocol: http, routes: [{ upstream: api }] }
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-explain-'));
  writeFileSync(join(folder, 'tandem.yaml'), CONFIG);
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: readonly string[]) {
  return tandem([explain], ['explain', '-c', join(folder, 'tandem.yaml'), ...args]);
}

/** What is said of the request below the routes, one `name value` a line. */
async function said(...args: readonly string[]): Promise<Record<string, string>> {
  const { stdout } = await run(...args);
  const lines = stdout.trimEnd().split('\n\n').at(-1)!.split('\n');
  return Object.fromEntries(lines.map((line) => line.split(/ {2,}/, 2) as [string, string]));
}

describe('an explanation', () => {
  test('has every route that was asked, and what spoke against it', async () => {
    const { status, stdout, stderr } = await run('http://www.example.com/api/./users?page=2');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      'GET http://www.example.com/api/users from 192.0.2.1, listener http',
      '',
      'routes for this host, in the order in which they are asked:',
      '   /canary   path /canary                      no: path /canary',
      '   /admin    path /admin                       no: path /admin',
      '   /strip    path /strip                       no: path /strip',
      '   second    path /api; header x-version: "2"  no: header x-version: "2"',
      '-> GET /api  path /api; method GET             takes it',
      '   /old      path /old                         not asked',
      '  and 1 for other hosts',
      '',
      'route     GET /api',
      'limits    all',
      'timeout   3.0s',
      'upstream  api',
      'forwards  GET /api/users?page=2',
      'host      www.example.com',
      '',
    ]);
  });

  test('has what the features of the route make of the request', async () => {
    expect(await said('http://x/old/page')).toMatchObject({
      answer: '302 by redirect',
      location: 'https://x/new',
    });
    expect(await said('http://x/strip/a?b')).toMatchObject({ forwards: 'GET /a?b' });
    expect(await said('http://x/canary', '-H', 'X-Canary: always')).toMatchObject({
      upstream: 'api_v2, because the request says so (api_v2 5 of 100, api 95 of 100)',
    });
    expect(await said('http://x/canary')).toMatchObject({
      upstream: 'one of the shares, by turns (api_v2 5 of 100, api 95 of 100)',
    });
  });

  test('believes proxies as the balancer does', async () => {
    const denied = { answer: '403 by access (access_denied)' };
    expect(await said('http://x/admin', '--source', '203.0.113.9')).not.toMatchObject(denied);
    expect(await said('http://x/admin')).toMatchObject(denied);
    const forwarded = ['-H', 'X-Forwarded-For: 203.0.113.9'];
    expect(await said('http://x/admin', ...forwarded)).toMatchObject(denied);
    const proxied = await said('http://x/admin', '--source', '198.51.100.7', ...forwarded);
    expect(proxied).not.toMatchObject(denied);
  });

  test('of a request that goes nowhere says why, and is not good', async () => {
    expect(await run('PUT', 'http://x/api')).toMatchObject({ status: 1 });
    expect(await said('PUT', 'http://x/api')).toEqual({ answer: '405 (method_refused)' });
    expect(await said('http://x/nowhere')).toEqual({ answer: '404 (no_route)' });
    expect(await said('http://x/a%2fb')).toEqual({ answer: '400 (bad_target)' });
    expect(await said('TRACE', 'http://x/strip')).toEqual({ answer: '405 (method_refused)' });
    expect((await run('http://x/admin')).status).toBe(1);
  });

  test('is JSON, too', async () => {
    const { status, stdout } = await run('http://other.example/api', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      listener: 'http',
      routes: [
        { name: 'other.example/api', priority: 3, verdict: 'taken', against: [] },
        { verdict: 'not asked' },
        { verdict: 'not asked' },
        { verdict: 'not asked' },
        { name: 'second', verdict: 'not asked' },
        {},
        {},
      ],
      otherHosts: 0,
      taken: { name: 'other.example/api', upstream: 'api' },
      answer: null,
    });
  });
});

test('what the command line lacks is said', async () => {
  expect(await run('www.example.com')).toMatchObject({ status: 2, stdout: '' });
  expect(await run('http://x:8080/')).toEqual({
    status: 2,
    stdout: '',
    stderr: 'port 8080 does not tell which listener is meant; add --listener: http, other\n',
  });
  expect((await run('http://x:8080/', '--listener', 'other')).status).toBe(0);
  expect((await run('http://x/', '--source', 'here')).status).toBe(2);
  expect((await run()).status).toBe(2);
});
