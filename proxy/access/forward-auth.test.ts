import { afterEach, expect, it } from 'vitest';
import type { ForwardAuthConfig } from '../../src/config/rewriting-config.ts';
import type { MemoryConnection } from '../io/memory-engine.fixture.ts';
import {
  get,
  NO_REWRITING,
  OK,
  RewritingScene,
  type SceneOptions,
  seenAnswer,
} from '../rewriting/scene.fixture.ts';

const CONFIG: ForwardAuthConfig = {
  upstream: 'web',
  path: '/verify?app=shop',
  requestHeaders: ['authorization', 'cookie'],
  responseHeaders: ['x-user'],
  timeoutMs: 200,
};

let scene: RewritingScene | null = null;

afterEach(async () => {
  await scene?.close();
  scene = null;
});

function start(
  changes: Partial<ForwardAuthConfig> = {},
  options: SceneOptions = {},
): RewritingScene {
  const forwardAuth = { ...CONFIG, ...changes };
  scene = new RewritingScene([{ rewriting: { ...NO_REWRITING, forwardAuth } }], options);
  return scene;
}

/** The service and the server are the same here: what was asked last is answered. */
function answer(text: string): MemoryConnection {
  const origin = scene!.origins.find(({ open, sent }) => open && sent !== '')!;
  origin.arrive(Buffer.from(text, 'latin1'));
  scene!.engine.settle();
  return origin;
}

const PASS = 'HTTP/1.1 200 OK\r\nX-User: ann\r\nX-Other: o\r\nContent-Length: 3\r\n\r\nyes';

it('asks with GET and the fields that it may have, and says what the client wants', () => {
  start();
  const lines = ['Authorization: Bearer t', 'X-User: evil', 'Content-Length: 2'];
  const client = scene!.ask(`${get('/buy?a=1', lines, 'POST')}hi`);
  expect(scene!.forwarded).toMatch(/^GET \/verify\?app=shop HTTP\/1.1\r\nHost: shop.example\r\n/);
  expect(scene!.forwarded).toContain('X-Forwarded-Method: POST\r\n');
  expect(scene!.forwarded).toContain('X-Forwarded-Uri: /buy?a=1\r\n');
  expect(scene!.forwarded).toContain('X-Forwarded-For: 192.0.2.1\r\n');
  expect(scene!.forwarded).toContain('authorization: Bearer t\r\n');
  expect(scene!.forwarded).not.toMatch(/evil|content-length/i);
  const origin = answer(PASS);
  const forwarded = origin.sent.slice(origin.sent.indexOf('POST /buy'));
  expect(forwarded).toMatch(/^POST \/buy\?a=1 HTTP\/1.1\r\n/);
  expect(forwarded).toContain('\r\nX-User: ann\r\n');
  expect(forwarded).toContain('\r\nAuthorization: Bearer t\r\n');
  expect(forwarded).not.toMatch(/evil|X-Other|X-Forwarded-Method/);
  expect(forwarded.endsWith('hi')).toBe(true);
  answer(OK);
  expect(seenAnswer(client.sent)).toMatchObject({ status: 200, body: 'ok' });
});

it('takes what the service did not say from the client as little', () => {
  start();
  scene!.ask(get('/', ['X-User: evil']));
  const origin = answer('HTTP/1.1 204 No Content\r\n\r\n');
  expect(origin.sent).toContain('GET / HTTP/1.1');
  expect(origin.sent).not.toContain('evil');
});

it('takes no field from the client that a server would take for one of the service', () => {
  start({}, { rules: { underscores: 'pass' } });
  scene!.ask(get('/', ['X_User: evil', 'X_Other: o']));
  const origin = answer(PASS);
  expect(origin.sent).toContain('\r\nX_Other: o\r\n');
  expect(origin.sent).not.toContain('evil');
});

it("gives the client the service's answer when it may not pass, and keeps its connection", () => {
  start();
  const client = scene!.ask(get('/'));
  answer(
    'HTTP/1.1 302 Found\r\nLocation: https://login.example/\r\nSet-Cookie: a=b\r\nTransfer-Encoding: chunked\r\n\r\n' +
      '3\r\nlog\r\n2\r\nin\r\n0\r\n\r\n',
  );
  const seen = seenAnswer(client.sent);
  expect(seen).toMatchObject({ status: 302, body: 'login' });
  expect(seen.fields).toMatchObject({
    location: 'https://login.example/',
    'set-cookie': 'a=b',
    'content-length': '5',
  });
  scene!.ask(get('/again'), client);
  expect(scene!.forwarded).toContain('X-Forwarded-Uri: /again');
});

it.each([
  ['an error', 'HTTP/1.1 500 Oops\r\nContent-Length: 6\r\n\r\nsecret'],
  ['no HTTP', 'nonsense\r\n\r\n'],
  [
    'an answer without end',
    `HTTP/1.1 403 No\r\nContent-Length: 99999\r\n\r\n${'x'.repeat(70_000)}`,
  ],
])('answers 503 for %s of the service', (_what, text) => {
  start();
  const client = scene!.ask(get('/'));
  answer(text);
  const seen = seenAnswer(client.sent);
  expect(seen.status).toBe(503);
  expect(seen.body).toContain('gave no answer');
});

it('answers 503 when the service cannot be reached', () => {
  expect(start({}, { serverDown: true }).exchange(get('/')).status).toBe(503);
});

it('answers 503 when the service takes too long', () => {
  start();
  const client = scene!.ask(get('/'));
  scene!.engine.pass(CONFIG.timeoutMs / 2);
  expect(client.sent).toBe('');
  scene!.engine.pass(CONFIG.timeoutMs);
  expect(client.sent).toContain('HTTP/1.1 503');
});

it('asks for nobody who has left', () => {
  start();
  const client = scene!.ask(get('/'));
  client.arrive('reset');
  scene!.engine.settle();
  expect(scene!.origins.map(({ open }) => open)).toEqual([false]);
});
