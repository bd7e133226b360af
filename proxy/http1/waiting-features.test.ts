/** Requests that wait for one feature and are held or answered by another. */
import { afterEach, expect, it } from 'vitest';
import type { BufferingConfig } from '../../src/config/buffering-config.ts';
import type { CompressionConfig } from '../../src/config/compression-config.ts';
import type { RouteConfig } from '../../src/config/proxy-config.ts';
import type { ForwardAuthConfig, RewritingConfig } from '../../src/config/rewriting-config.ts';
import {
  get,
  NO_REWRITING,
  OK,
  page,
  RewritingScene,
  seenAnswer,
} from '../rewriting/scene.fixture.ts';

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

/** An answer that is compressed takes more than one turn. */
const COMPRESSION: CompressionConfig = {
  codings: ['gzip'],
  types: ['text/html'],
  sizeMin: 100,
  gzipLevel: 1,
  brLevel: 1,
  zstdLevel: 1,
};
const ERROR_PAGES = [{ from: 500, to: 599, intercept: false, page: page('x'.repeat(1000)) }];

it.each([
  ['passes it', PASS],
  ['does not', 'HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno'],
  ['fails', 'nonsense\r\n\r\n'],
])('a request that is being answered goes nowhere when a service then %s', async (_what, text) => {
  start({ compression: COMPRESSION, timeoutMs: 100 }, { errorPages: ERROR_PAGES });
  const client = scene!.ask(get('/', ['Accept-Encoding: gzip']));
  scene!.engine.pass(150);
  answer(text);
  await expect
    .poll(() => {
      scene!.engine.settle();
      return client.sent;
    })
    .toContain('\r\n0\r\n\r\n');
  expect(client.sent.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 504']);
  expect(scene!.origins.map(({ sent }) => sent).join('')).not.toContain('GET / ');
});
