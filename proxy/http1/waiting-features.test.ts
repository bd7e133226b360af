/** Requests that wait for one feature and are held or answered by another. */
import { afterEach, expect, it } from 'vitest';
import type { BufferingConfig } from '../../src/config/buffering-config.ts';
import type { RouteConfig } from '../../src/config/proxy-config.ts';
import type { ForwardAuthConfig, RewritingConfig } from '../../src/config/rewriting-config.ts';
import { get, NO_REWRITING, OK, RewritingScene, seenAnswer } from '../rewriting/scene.fixture.ts';

const FORWARD_AUTH: ForwardAuthConfig = {
  upstream: 'web',
  path: '/verify',
  requestHeaders: [],
  responseHeaders: [],
  timeoutMs: 2000,
};
const BUFFERING: BufferingConfig = { request: { memoryMax: 1000, diskMax: 0 }, response: null };
const PASS = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

let scene: RewritingScene | null = null;

afterEach(async () => {
  await scene?.close();
  scene = null;
});

function start(route: Partial<RouteConfig>, rewriting: Partial<RewritingConfig> = {}): void {
  scene = new RewritingScene([
    { ...route, rewriting: { ...NO_REWRITING, forwardAuth: FORWARD_AUTH, ...rewriting } },
  ]);
}

function answer(text: string): string {
  const origin = scene!.origins.find(({ open, sent }) => open && sent !== '')!;
  origin.arrive(Buffer.from(text, 'latin1'));
  scene!.engine.settle();
  return origin.sent;
}

const POST = get('/', ['Content-Length: 4'], 'POST');
const CHUNKED = get('/', ['Transfer-Encoding: chunked'], 'POST');

it.each([
  ['with the head', [`${POST}body`], []],
  ['in part with the head', [`${POST}bo`], ['dy']],
  ['behind the head', [POST], ['body']],
  ['chunked with the head', [`${CHUNKED}4\r\nbody\r\n0\r\n\r\n`], []],
  ['chunked in part', [`${CHUNKED}2\r\nbo\r\n`], ['2\r\ndy\r\n0\r\n\r\n']],
])('a body that came %s while a service was asked is held to its end', (_how, before, after) => {
  start({ buffering: BUFFERING });
  const client = scene!.ask(before.join(''));
  answer(PASS);
  for (const piece of after) scene!.ask(piece, client);
  const origin = scene!.origins.at(-1)!;
  const forwarded = origin.sent.slice(origin.sent.indexOf('POST /'));
  expect(forwarded).toContain('Content-Length: 4\r\n');
  expect(forwarded.endsWith('\r\n\r\nbody')).toBe(true);
  answer(OK);
  expect(seenAnswer(client.sent)).toMatchObject({ status: 200, body: 'ok' });
});
