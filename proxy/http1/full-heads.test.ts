/** Answers of a server whose heads are as full as may be, in answers of our own. */
import { afterEach, expect, it } from 'vitest';
import { RESPONSE_HEAD_BYTES_MAX, RESPONSE_HEADER_COUNT_MAX } from '../limits.ts';
import { get, NO_REWRITING, page, RewritingScene, seenAnswer } from '../rewriting/scene.fixture.ts';

let scene: RewritingScene | null = null;

afterEach(async () => {
  await scene?.close();
  scene = null;
});

const STATUS = 'HTTP/1.1 401 x\r\n';

function filled(): string {
  const line = `WWW-Authenticate: ${'x'.repeat(8000)}\r\n`;
  const room = RESPONSE_HEAD_BYTES_MAX - STATUS.length - 2;
  const text = line.repeat(Math.floor(room / line.length));
  return `${text}Allow: ${'y'.repeat(room - text.length - 'Allow: \r\n'.length)}\r\n`;
}

const HEADS = [
  ['lines', 'WWW-Authenticate: x\r\n'.repeat(RESPONSE_HEADER_COUNT_MAX)],
  ['bytes', filled()],
] as const;

const ERROR_PAGE = { from: 400, to: 499, intercept: true, page: page('our page') };
const FORWARD_AUTH = {
  upstream: 'web',
  path: '/verify',
  requestHeaders: [],
  responseHeaders: [],
  timeoutMs: 100,
};

const PLACES = [
  ['a page of the operator', { errorPages: [ERROR_PAGE] }, 'our page'],
  ['the answer of a service', { forwardAuth: FORWARD_AUTH }, 'its page'],
] as const;

it.each(
  PLACES.flatMap(([what, config, body]) =>
    HEADS.map((head) => [what, ...head, config, body] as const),
  ),
)(
  '%s has the fields of a head with as many %s as may be',
  (_what, _many, fields, rewriting, body) => {
    scene = new RewritingScene([{ rewriting: { ...NO_REWRITING, ...rewriting } }]);
    const client = scene.ask(get('/'));
    scene.origins[0]!.arrive(Buffer.from(`${STATUS}${fields}\r\nits page`), 'end');
    scene.engine.settle();
    const seen = seenAnswer(client.sent);
    expect(seen).toMatchObject({ status: 401, body });
    expect(seen.fields['www-authenticate']).toContain('x, x');
  },
);
