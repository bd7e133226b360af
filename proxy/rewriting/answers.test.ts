import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type {
  CorsConfig,
  MaintenanceConfig,
  RewritingConfig,
} from '../../src/config/rewriting-config.ts';
import { ERROR_CODES, PROXY_ERRORS } from '../errors.ts';
import { ControlSlot } from '../shared/layout.ts';
import { CorsRules } from './cors.ts';
import { MaintenanceFeature } from './maintenance-feature.ts';
import { PLAIN_REFUSALS, refusalsOf } from './refusals.ts';
import { get, NO_REWRITING, page, RewritingScene, type SceneOptions } from './scene.fixture.ts';
import { fields, templateOf } from './templates.case.ts';

let scene: RewritingScene | null = null;

afterEach(async () => {
  await scene?.close();
  scene = null;
});

function start(
  changes: Partial<RewritingConfig>,
  options: SceneOptions = {},
  route = {},
): RewritingScene {
  scene = new RewritingScene([{ rewriting: { ...NO_REWRITING, ...changes }, ...route }], options);
  return scene;
}

describe('a redirect', () => {
  const to = (text: string, status: 301 | 308 = 308) => ({
    redirect: { status, to: templateOf(text) },
  });

  it('asks no server, keeps the connection, and answers what is pipelined', () => {
    const { ask, origins } = bound(start(to('https://$host$request_uri'), {}, { upstream: null }));
    const client = ask(get('/a?b') + get('/c') + get('/d', [], 'HEAD') + get('/e'));
    expect(client.sent.match(/^Location: .*$/gm)).toEqual(
      ['a?b', 'c', 'd', 'e'].map((path) => `Location: https://shop.example/${path}`),
    );
    expect(client.sent.match(/HTTP\/1.1 308 Permanent Redirect/g)).toHaveLength(4);
    expect(client.sent.match(/it is elsewhere/g)).toHaveLength(3);
    expect(client.sent).not.toContain('Connection: close');
    expect(origins).toHaveLength(0);
  });

  it('closes where a body that nobody wants is still to come', () => {
    const { ask } = bound(start(to('/x')));
    const post = get('/', ['Content-Length: 5'], 'POST');
    const client = ask(`${post}12345${get('/')}`);
    expect(client.sent.match(/HTTP\/1.1 308/g)).toHaveLength(1);
    expect(client.sent).toContain('Connection: close');
  });

  it('has the groups of the path of the route', () => {
    const route = { path: '/old/(\\w+)/(.*)', pathKind: 'regex' as const };
    const { exchange } = bound(start(to('/new/$2?by=$1', 301), {}, route));
    expect(exchange(get('/old/a/b/c')).fields.location).toBe('/new/b/c?by=a');
  });

  it('never leads to a host that a client chose', () => {
    const { exchange } = bound(start(to('/$arg_next')));
    expect(exchange(get('/?next=/evil.example')).fields.location).toBe('/evil.example');
    expect(exchange(get('/?next=//evil.example/x')).fields.location).toBe('/evil.example/x');
    expect(exchange(get('/?next=%5C/evil.example')).fields.location).toBe('/%5C/evil.example');
    const uri = bound(start(to('$request_uri')));
    expect(uri.exchange(get('//evil.example/')).fields.location).toBe('/evil.example/');
    expect(uri.exchange(get('/\\evil.example/')).status).toBe(400);
  });

  it('is refused when its target would be too long', () => {
    const { exchange } = bound(start(to('/$request_uri$request_uri')));
    expect(exchange(get(`/${'x'.repeat(5000)}`)).status).toBe(414);
  });
});

describe('an answer of ours', () => {
  it('has status, fields and content', () => {
    const respond = {
      status: 410,
      page: page('gone'),
      fields: fields({ 'X-Path': '$path', 'X-None': '$arg_none' }),
    };
    const seen = bound(start({ respond })).exchange(get('/a'));
    expect(seen).toMatchObject({ status: 410, body: 'gone' });
    expect(seen.fields).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-length': '4',
      'x-path': '/a',
    });
    expect(seen.fields).not.toHaveProperty('x-none');
    expect(seen.fields).not.toHaveProperty('via');
  });

  it('may have no content', () => {
    const { ask } = bound(start({ respond: { status: 204, page: null, fields: [] } }));
    const { sent } = ask(get('/') + get('/'));
    expect(sent.match(/HTTP\/1.1 204 No Content/g)).toHaveLength(2);
    expect(sent).not.toContain('Content-Length');
  });

  it('says whether the balancer is ready', () => {
    const { exchange, plane } = bound(start({ respond: 'ready' }));
    expect(exchange(get('/'))).toMatchObject({ status: 503, body: 'not ready\n' });
    Atomics.store(plane.views.control, ControlSlot.ready, 1);
    expect(exchange(get('/'))).toMatchObject({ status: 200, body: 'ready\n' });
  });
});

describe('maintenance', () => {
  const config: MaintenanceConfig = {
    file: null,
    page: page('soon'),
    retryAfterSeconds: 120,
    allow: [],
  };

  it('answers 503 with a page', () => {
    const seen = bound(start({ maintenance: config })).exchange(get('/'));
    expect(seen).toMatchObject({ status: 503, body: 'soon', fields: { 'retry-after': '120' } });
  });

  it('lets some clients pass', () => {
    const allow = [{ address: '192.0.2.0', prefixLength: 24 }];
    expect(bound(start({ maintenance: { ...config, allow } })).exchange(get('/')).status).toBe(200);
  });

  it('is on while there is a file, which is looked for a few times a second', () => {
    const looks: boolean[] = [];
    let there = false;
    let now = 0;
    const exists = () => {
      looks.push(there);
      return there;
    };
    const feature = new MaintenanceFeature({ ...config, file: '/x' }, () => now, exists);
    const asked = () => feature.request({ client: { address: '' }, answer() {} } as never);
    expect([asked(), asked()]).toEqual(['on', 'on']);
    there = true;
    expect(asked()).toBe('on');
    now = 300;
    expect(asked()).toBe('answered');
    there = false;
    now = 600;
    expect(asked()).toBe('on');
    expect(looks).toHaveLength(3);
  });
});

describe('methods', () => {
  it('that are not listed are answered 405', () => {
    const { exchange, ask } = bound(start({ methods: ['GET', 'HEAD'] }));
    expect(exchange(get('/')).status).toBe(200);
    const refused = exchange(get('/', [], 'DELETE'));
    expect(refused).toMatchObject({ status: 405, fields: { allow: 'GET, HEAD' } });
    expect(ask(get('/', [], 'DELETE').repeat(2)).sent.match(/ 405 /g)).toHaveLength(2);
  });
});

describe('error pages', () => {
  const pages = [
    { from: 404, to: 404, page: page('mine'), intercept: true },
    { from: 400, to: 499, page: page('4xx'), intercept: false },
    { from: 500, to: 599, page: page('5xx'), intercept: false },
  ];

  it.each(ERROR_CODES.filter((code) => PROXY_ERRORS[code].status >= 400))(
    'are there for %s',
    (code) => {
      const refusals = refusalsOf({ ...NO_REWRITING, errorPages: pages }, 'front');
      const { status } = PROXY_ERRORS[code];
      const expected = status === 404 ? 'mine' : `${Math.floor(status / 100)}xx`;
      expect(refusals(code, 'http').text.toString()).toBe(expected);
      expect(PLAIN_REFUSALS(code, 'http').text.toString()).toContain(PROXY_ERRORS[code].text);
    },
  );

  it('come in place of our errors, which keep their fields', () => {
    const failing = bound(start({ errorPages: pages, methods: ['GET'] }, { serverDown: true }));
    const failed = failing.exchange(get('/'));
    expect(failed).toMatchObject({ status: 502, body: '5xx' });
    const type = { 'content-type': 'text/html; charset=utf-8' };
    expect(failed.fields).toMatchObject({ ...type, 'cache-control': 'no-store' });
    const refused = failing.exchange(get('/', [], 'PUT'));
    expect(refused).toMatchObject({ status: 405, body: '4xx', fields: { ...type, allow: 'GET' } });
  });

  it('come where there is no route, and no request', () => {
    const { exchange } = bound(start({}, { listener: { errorPages: pages } }, { path: '/known' }));
    expect(exchange(get('/other'))).toMatchObject({ status: 404, body: 'mine' });
    expect(exchange(get('/%00'))).toMatchObject({ status: 400, body: '4xx' });
    expect(exchange('nonsense\r\n\r\n')).toMatchObject({ status: 400, body: '4xx' });
  });

  it('come in place of what servers answer only where that is wanted', () => {
    const { exchange } = bound(start({ errorPages: pages }));
    const own = (status: number, more = '') =>
      `HTTP/1.1 ${status} X\r\nContent-Length: 3\r\nX-A: b\r\n${more}\r\nown`;
    const found = exchange(
      get('/'),
      own(404, 'WWW-Authenticate: Basic\r\nContent-Encoding: br\r\n'),
    );
    expect(found).toMatchObject({
      status: 404,
      body: 'mine',
      fields: { 'www-authenticate': 'Basic' },
    });
    expect(found.fields).not.toHaveProperty('x-a');
    expect(found.fields).not.toHaveProperty('content-encoding');
    expect(exchange(get('/'), own(500)).body).toBe('own');
    expect(exchange(get('/'), own(403)).body).toBe('own');
  });

  it('have a head only for HEAD, and keep the connection as the error did', () => {
    const { ask } = bound(
      start({ errorPages: pages, methods: ['GET', 'HEAD'] }, {}, { path: '/k' }),
    );
    const { sent } = ask(get('/k', [], 'PUT') + get('/k', [], 'POST'));
    expect(sent.match(/405/g)).toHaveLength(2);
    const { sent: big } = ask(get('/k', ['Content-Length: 99999999', 'Expect: nonsense']));
    expect(big).toMatch(/^HTTP\/1.1 417 .*Connection: close\r\n/s);
  });
});

describe('CORS', () => {
  const config: CorsConfig = {
    origins: ['https://app.example.com', 'https://*.example.org'],
    methods: ['GET', 'PUT'],
    headers: ['Content-Type'],
    expose: ['X-Total'],
    credentials: true,
    maxAgeSeconds: 600,
  };
  const asking = [
    'Access-Control-Request-Method: PUT',
    'Access-Control-Request-Headers: content-type',
  ];

  it('answers preflights, and asks no server about them', () => {
    const { exchange, origins } = bound(start({ cors: config }));
    const seen = exchange(get('/', ['Origin: https://app.example.com', ...asking], 'OPTIONS'));
    expect(seen.status).toBe(204);
    expect(seen.fields).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'Content-Type',
      'access-control-max-age': '600',
      vary: 'Origin',
    });
    const no = exchange(get('/', ['Origin: https://evil.example', ...asking], 'OPTIONS'));
    expect(no.status).toBe(204);
    expect(no.fields).not.toHaveProperty('access-control-allow-origin');
    expect(no.fields.vary).toBe('Origin');
    expect(origins).toHaveLength(0);
    expect(exchange(get('/', [], 'OPTIONS')).status).toBe(200);
  });

  it('says who may read an answer, whatever the server says', () => {
    const { exchange } = bound(start({ cors: config }));
    const answer =
      'HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nVary: Accept\r\nContent-Length: 0\r\n\r\n';
    const seen = exchange(get('/', ['Origin: https://a.b.example.org']), answer);
    expect(seen.fields).toMatchObject({
      'access-control-allow-origin': 'https://a.b.example.org',
      'access-control-expose-headers': 'X-Total',
      vary: 'Accept, Origin',
    });
    const other = exchange(get('/', ['Origin: https://evil.example']), answer);
    expect(other.fields).not.toHaveProperty('access-control-allow-origin');
    expect(other.fields.vary).toBe('Accept, Origin');
    const twice = ['Origin: https://app.example.com', 'Origin: https://evil.example'];
    expect(exchange(get('/', twice), answer).fields).not.toHaveProperty(
      'access-control-allow-origin',
    );
  });

  it('says it of errors, too', () => {
    const { exchange } = bound(start({ cors: config }, { serverDown: true }));
    const seen = exchange(get('/', ['Origin: https://app.example.com']));
    expect(seen.status).toBe(502);
    expect(seen.fields['access-control-allow-origin']).toBe('https://app.example.com');
  });

  it('does not depend on the origin where everybody may', () => {
    const open = { ...config, origins: ['*'], credentials: false, headers: ['*'] };
    const { exchange } = bound(start({ cors: open }));
    const seen = exchange(get('/', ['Origin: https://x.example']));
    expect(seen.fields['access-control-allow-origin']).toBe('*');
    expect(seen.fields).not.toHaveProperty('vary');
    const preflight = exchange(get('/', ['Origin: https://x.example', ...asking], 'OPTIONS'));
    expect(preflight.fields['access-control-allow-headers']).toBe('content-type');
  });

  it('takes no other site for one below', () => {
    const rules = new CorsRules(config);
    const wrong = fc
      .array(
        fc.constantFrom('https://', 'http://', 'a', '.', 'example.org', '/', ':', '@', '#', ' '),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(wrong, (origin) => {
        const allowed = rules.fieldsFor(origin).length > 0;
        expect(allowed).toBe(/^https:\/\/([a-z0-9_-]+\.)+example\.org$/.test(origin));
      }),
    );
    expect(rules.fieldsFor('https://x.example.org')).not.toEqual([]);
    expect(rules.fieldsFor('https://example.org')).toEqual([]);
    expect(rules.fieldsFor('null')).toEqual([]);
  });
});

/** The scene's methods, free of it. */
function bound(of: RewritingScene) {
  return {
    ask: (text: string) => of.ask(text),
    exchange: (request: string, answer?: string) => of.exchange(request, answer),
    origins: of.origins,
    plane: of.plane,
  };
}
