import { afterEach, describe, expect, it } from 'vitest';
import type { HeaderRules, RewritingConfig } from '../../src/config/rewriting-config.ts';
import { get, NO_REWRITING, OK, RewritingScene, type SceneOptions } from './scene.fixture.ts';
import { edits, fields, templateOf } from './templates.case.ts';

let scene: RewritingScene;

afterEach(async () => {
  await scene.close();
});

const NO_HEADERS: HeaderRules = { request: [], response: [], security: [] };

function start(changes: Partial<RewritingConfig>, options: SceneOptions = {}, route = {}): void {
  scene = new RewritingScene([{ rewriting: { ...NO_REWRITING, ...changes }, ...route }], options);
}

describe('fields of requests', () => {
  it('are removed, set and added, the listener before the route', () => {
    const listener = edits({ set: { 'X-Tenant': 'all', 'X-Edge': '$listener' } });
    const route = edits({
      set: { 'X-Tenant': 'shop', 'X-Empty': '$arg_none' },
      add: { 'X-Seen': '$remote_addr' },
      remove: ['x-debug'],
    });
    start({ headers: { ...NO_HEADERS, request: [listener, route] } });
    const lines = [
      'x-tenant: evil',
      'X-Empty: kept?',
      'X-Seen: before',
      'X-DEBUG: 1',
      'X-Other: o',
    ];
    expect(scene.exchange(get('/', lines)).status).toBe(200);
    const { forwarded } = scene;
    expect(forwarded).toContain('X-Tenant: shop\r\n');
    expect(forwarded).toContain('X-Edge: front\r\n');
    expect(forwarded).toContain('X-Seen: before\r\n');
    expect(forwarded).toContain('X-Seen: 192.0.2.1\r\n');
    expect(forwarded).toContain('X-Other: o\r\n');
    expect(forwarded).not.toMatch(/evil|x-debug|X-Empty|X-Tenant: all/i);
  });

  it('of one request are not those of the next', () => {
    start({ headers: { ...NO_HEADERS, request: [edits({ set: { 'X-Q': '$arg_q' } })] } });
    expect(scene.exchange(get('/?q=1')).status).toBe(200);
    expect(scene.forwarded).toContain('X-Q: 1\r\n');
    scene.exchange(get('/'));
    expect(scene.forwarded).not.toContain('X-Q');
  });

  it('cannot grow without end', () => {
    const set = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`X-${at}`, '$uri']));
    start({ headers: { ...NO_HEADERS, request: [edits({ set })] } });
    expect(scene.exchange(get(`/${'x'.repeat(3000)}`)).status).toBe(200);
    expect(scene.forwarded.match(/X-\d: /g)).toHaveLength(4);
  });
});

describe('fields of responses', () => {
  const response = [
    edits({ set: { 'X-Served-By': '$route', Via: 'x' }, add: { Link: '</a>' }, remove: ['x-php'] }),
  ];

  it('are removed, set and added', () => {
    start({ headers: { ...NO_HEADERS, response } });
    const answer =
      'HTTP/1.1 200 OK\r\nX-PHP: 8\r\nx-served-by: o\r\nLink: </b>\r\nContent-Length: 0\r\n\r\n';
    const seen = scene.exchange(get('/'), answer);
    expect(seen.fields).toMatchObject({ 'x-served-by': 'route-0', link: '</b>, </a>' });
    expect(seen.fields).not.toHaveProperty('x-php');
  });

  it('say what the request was, although its head is long gone', () => {
    start({
      headers: { ...NO_HEADERS, response: [edits({ set: { 'X-Asked': '$request_uri' } })] },
    });
    const client = scene.ask(get('/first?a'));
    scene.ask(get('/second'));
    scene.origins[0]!.arrive(Buffer.from(OK));
    scene.engine.settle();
    expect(client.sent).toContain('X-Asked: /first?a\r\n');
  });

  it('are those of errors of our own, too, with a route and without', () => {
    const headers = { ...NO_HEADERS, response };
    start({ headers }, { listener: { headers }, serverDown: true }, { path: '/known' });
    const failed = scene.exchange(get('/known'));
    expect(failed.status).toBe(502);
    expect(failed.fields).toMatchObject({ 'x-served-by': 'route-0', link: '</a>' });
    const unknown = scene.exchange(get('/unknown'));
    expect(unknown.status).toBe(404);
    expect(unknown.fields).toMatchObject({ link: '</a>' });
    const refused = scene.exchange('GET / HTTP/1.1\r\n\r\n');
    expect(refused.status).toBe(400);
    expect(refused.fields).toMatchObject({
      link: '</a>',
      'content-length': `${refused.body.length}`,
    });
  });

  it('have the id of the request', () => {
    const headers = { ...NO_HEADERS, response: [edits({ set: { 'X-Id': '<$request_id>' } })] };
    const requestId = { header: 'X-Request-ID', trust: 'always', respond: false } as const;
    start({ headers }, { requestId });
    expect(scene.exchange(get('/', ['X-Request-ID: abc'])).fields['x-id']).toBe('<abc>');
  });

  it('give no client a way to write into them', () => {
    const headers = { ...NO_HEADERS, response: [edits({ set: { 'X-User': '$remote_user' } })] };
    start({ headers });
    const user = Buffer.from('a\r\nSet-Cookie: x=1\r\n\r\n<html>').toString('base64');
    const seen = scene.exchange(get('/', [`Authorization: Basic ${user}`]));
    expect(seen.fields['x-user']).toBe('a%0D%0ASet-Cookie');
    expect(seen.fields).not.toHaveProperty('set-cookie');
  });
});

describe('the security preset', () => {
  const security = [
    { name: 'Strict-Transport-Security', value: 'max-age=1', secure: true },
    { name: 'X-Frame-Options', value: 'DENY', secure: false },
  ];

  it('is given where the server says nothing, and what is for https not to others', () => {
    start({ headers: { ...NO_HEADERS, security } });
    const plain = scene.exchange(get('/')).fields;
    expect(plain).toMatchObject({ 'x-frame-options': 'DENY' });
    expect(plain).not.toHaveProperty('strict-transport-security');
    const own = 'HTTP/1.1 200 OK\r\nx-frame-options: SAMEORIGIN\r\nContent-Length: 0\r\n\r\n';
    expect(scene.exchange(get('/'), own).fields['x-frame-options']).toBe('SAMEORIGIN');
  });

  it('is on errors, before there is a route and before there is a request', () => {
    const headers = { ...NO_HEADERS, security };
    start({ headers }, { listener: { headers } }, { path: '/known' });
    expect(scene.exchange(get('/%zz')).fields).toMatchObject({ 'x-frame-options': 'DENY' });
    expect(scene.exchange('\0').fields).toMatchObject({ 'x-frame-options': 'DENY' });
    expect(scene.exchange(get('/', [], 'TRACE')).fields).toMatchObject({
      'x-frame-options': 'DENY',
    });
  });
});

describe("the servers' Server field", () => {
  const answer = 'HTTP/1.1 200 OK\r\nServer: nginx/1.22\r\nContent-Length: 0\r\n\r\n';

  it('is hidden', () => {
    scene = new RewritingScene([{}]);
    expect(scene.exchange(get('/'), answer).fields).not.toHaveProperty('server');
  });

  it('is passed on where that is wanted', () => {
    scene = new RewritingScene([{ passServer: true }]);
    expect(scene.exchange(get('/'), answer).fields.server).toBe('nginx/1.22');
  });

  it('can be another', () => {
    start({ headers: { ...NO_HEADERS, response: [edits({ set: { Server: 'edge' } })] } });
    expect(scene.exchange(get('/'), answer).fields.server).toBe('edge');
  });
});

describe('rewriting', () => {
  const rewrite = { path: null, host: null, query: null };

  it('asks servers something else', () => {
    const path = { strip: '/api', replace: null, prefix: '/v2' };
    const query = { remove: ['utm'], set: fields({ lang: 'de' }), add: [] };
    start({ rewrite: { path, query, host: templateOf('$arg_tenant.internal') } });
    expect(scene.exchange(get('/api/x%7E?a=1&utm=2&tenant=t1')).status).toBe(200);
    expect(scene.forwarded).toMatch(/^GET \/v2\/x~\?a=1&tenant=t1&lang=de HTTP\/1.1\r\n/);
    expect(scene.forwarded).toContain('\r\nHost: t1.internal\r\n');
    expect(scene.forwarded).not.toContain('shop.example\r\nHost');
  });

  it('refuses what would be no host and no path', () => {
    start({ rewrite: { ...rewrite, host: templateOf('$arg_tenant') } });
    for (const tenant of ['', 'a/b', 'a%20b', 'a@b', 'a:b', 'a:99999']) {
      expect(scene.exchange(get(`/?tenant=${tenant}`)).status).toBe(400);
    }
    expect(scene.origins).toHaveLength(0);
  });

  it('refuses a path that climbs', () => {
    const path = {
      strip: null,
      prefix: null,
      replace: { pattern: '^/', with: templateOf('/d/$arg_f') },
    };
    start({ rewrite: { ...rewrite, path } });
    expect(scene.exchange(get('/?f=../etc')).status).toBe(400);
    expect(scene.exchange(get('/?f=ok')).status).toBe(200);
    expect(scene.forwarded).toMatch(/^GET \/d\/ok\?f=ok /);
  });

  it('leaves a path alone that is forwarded as it came', () => {
    const query = { remove: ['a'], set: [], add: [] };
    start({ rewrite: { ...rewrite, query } }, {}, { rawPath: true });
    scene.exchange(get('/x//y/%7e?a&b'));
    expect(scene.forwarded).toMatch(/^GET \/x\/\/y\/%7e\?b /);
  });

  it('leaves OPTIONS of the server as a whole alone', () => {
    start({ rewrite: { ...rewrite, path: { strip: null, replace: null, prefix: '/v2' } } });
    scene.exchange(get('*', [], 'OPTIONS'));
    expect(scene.forwarded).toMatch(/^OPTIONS \* /);
  });
});
