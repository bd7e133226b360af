/**
 * Any split of what arrives gives the same result: through a real client connection, dispatch and
 * connection to the server, with an engine that hands the bytes over exactly so.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { MemoryScene, type Sight } from './memory-scene.fixture.ts';
import {
  chunkedBody,
  cuts,
  damaged,
  requestHead,
  responseHead,
  split,
} from './messages.fixture.ts';

const scene = new MemoryScene();
afterAll(() => scene.close());

/** The head, and a body as it announces one. */
function withBody(head: string, chunks: string, bytes: string): string {
  if (/transfer-encoding: chunked/i.test(head)) return head + chunks;
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  return length === undefined ? head : head + bytes.slice(0, Number(length));
}

const bodies = fc.tuple(chunkedBody, fc.string({ minLength: 3, unit: 'binary-ascii' }));
const request = fc
  .tuple(requestHead, bodies)
  .map(([head, [{ text }, bytes]]) => withBody(head, text, bytes));
const requests = fc.array(request, { minLength: 1, maxLength: 4 }).map((all) => all.join(''));
const response = fc
  .tuple(fc.array(fc.constant('HTTP/1.1 103 X\r\n\r\n'), { maxLength: 2 }), responseHead, bodies)
  .map(([interim, head, [{ text }, bytes]]) => interim.join('') + withBody(head, text, bytes));
const responses = fc
  .tuple(response, fc.constantFrom('', '', '', 'more', 'HTTP/1.1 200 OK\r\n\r\n'))
  .map(([first, rest]) => first + rest);

const everyByte = (text: string) =>
  split(
    text,
    [...text].map((_, at) => at),
  );

/** All ways of arriving must be seen alike. */
function alike(
  text: string,
  positions: readonly number[],
  see: (pieces: Buffer[], slow: boolean) => Sight,
): void {
  const seen = (pieces: Buffer[], slow: boolean) => {
    const { toClient, client, toOrigin } = see(pieces, slow);
    return { toClient, client, toOrigin };
  };
  const whole = seen(split(text, []), false);
  expect(seen(split(text, positions), false)).toEqual(whole);
  expect(seen(everyByte(text), false)).toEqual(whole);
  expect(seen(split(text, positions), true)).toEqual(whole);
  expect(scene.left()).toEqual({ open: 0, clients: 0, inFlight: 0 });
}

describe('however the bytes are split', () => {
  it.each([
    ['sound', requests],
    ['damaged', damaged(requests)],
  ])('pipelined requests that are %s mean the same', (_, streams) => {
    fc.assert(
      fc.property(streams, cuts, (text, positions) =>
        alike(text, positions, (pieces, slow) => scene.requests({ pieces, slow })),
      ),
      { numRuns: 300 },
    );
  });

  const asking = fc
    .tuple(fc.constantFrom('GET', 'HEAD', 'POST'), fc.constantFrom('1.0', '1.1'))
    .map(([method, version]) => `${method} / HTTP/${version}\r\nHost: x\r\n\r\n`);
  const ends = fc.constantFrom('end' as const, 'reset' as const, 'rest' as const);

  it.each([
    ['sound', responses],
    ['damaged', damaged(responses)],
  ])('responses that are %s mean the same', (_, streams) => {
    fc.assert(
      fc.property(asking, streams, cuts, ends, (asked, text, positions, after) =>
        alike(text, positions, (pieces, slow) => scene.response(asked, { pieces, slow }, after)),
      ),
      { numRuns: 300 },
    );
  });
});

it('requests that are sound reach the origin, and their answers the client', () => {
  const text =
    'POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;e=f\r\nabc\r\n0\r\nT: u\r\n\r\n' +
    'HEAD /b HTTP/1.1\r\nHost: x\r\n\r\nPUT /c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi';
  const { toClient, toOrigin } = scene.requests({ pieces: everyByte(text), slow: true });
  expect(toOrigin.map(({ body }) => body)).toEqual(['abc', '', 'hi']);
  expect(toClient.map(({ body }) => body)).toEqual(['3 616263', '', '2 6869']);
});

it('a head that is wrong in an unfinished line is refused when nothing more comes', () => {
  const { toClient } = scene.requests({ pieces: everyByte('GET /\0'), slow: false });
  expect(toClient.map(({ head }) => head.slice(0, 12))).toEqual(['HTTP/1.1 400']);
  const asked = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
  const manner = { pieces: everyByte('HTTP/1.1 200 OK\r\nX: \0'), slow: false };
  for (const after of ['end', 'rest'] as const) {
    const { body } = scene.response(asked, manner, after).toClient[0]!;
    expect(body).toMatch(/^502 .* something that is not HTTP/);
  }
});

it('with everything on, requests and answers say more and are as sound', async () => {
  const loaded = new MemoryScene(true);
  const text = 'GET /a?b=c HTTP/1.1\r\nHost: x\r\nCookie: a=b\r\n\r\n';
  const { toClient, toOrigin } = loaded.requests({ pieces: everyByte(text), slow: true });
  expect(toOrigin[0]!.head).toMatch(/\r\nX-Request-Id: .*\r\ntraceparent: .*\r\nForwarded: /s);
  expect(toClient[0]!.head).toMatch(/\r\nX-Request-Id: .*\r\nSet-Cookie: a=/s);
  expect(loaded.left()).toEqual({ open: 0, clients: 0, inFlight: 0 });
  await loaded.close();
});
