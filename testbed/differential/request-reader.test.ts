import { expect, test } from 'vitest';
import { RequestReader } from './request-reader.ts';

const read = (text: string) => {
  const reader = new RequestReader();
  const requests = [...text].flatMap((byte) => reader.add(Buffer.from(byte, 'latin1')));
  return { requests, faults: reader.faults, idle: reader.idle };
};

test('canonical requests are taken apart', () => {
  const { requests, faults, idle } = read(
    'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n' +
      'POST /b HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\nX: \r\n\r\nab' +
      'OPTIONS * HTTP/1.1\r\nHost: c\r\n\r\n',
  );
  expect(requests.map(({ method, target, bodyBytes }) => [method, target, bodyBytes])).toEqual([
    ['POST', '/a', 3],
    ['POST', '/b', 2],
    ['OPTIONS', '*', 0],
  ]);
  expect(faults).toEqual([]);
  expect(idle).toBe(true);
});

const framed = (fields: string, body = '') => `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}`;

test.each([
  ['an absolute target', 'GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['another version', 'GET / HTTP/1.0\r\nHost: a\r\n\r\n'],
  ['no Host', 'GET / HTTP/1.1\r\nX: y\r\n\r\n'],
  ['two Hosts', framed('Host: b\r\n')],
  ['two framings', framed('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
  ['another coding', framed('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n')],
  ['a length with zeros', framed('Content-Length: 03\r\n', 'abc')],
  ['a folded field', framed('X: a\r\n b\r\n')],
  ['NUL', framed('X: a\0b\r\n')],
  ['a bare LF', framed('X: a\nY: b\r\n')],
  ['no space after a colon', framed('X:a\r\n')],
  ['an underscore', framed('X_Y: a\r\n')],
  ['a chunk extension', framed('Transfer-Encoding: chunked\r\n', '3;a\r\nabc\r\n0\r\n\r\n')],
  ['a trailer that frames', framed('Transfer-Encoding: chunked\r\n', '0\r\nHost: b\r\n\r\n')],
])('%s is a fault', (_what, text) => {
  expect(read(text).faults).not.toEqual([]);
});

test('a request that was cut off is seen to be', () => {
  expect(read('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc').idle).toBe(false);
});
