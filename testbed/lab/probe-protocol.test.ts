import { expect, test } from 'vitest';
import { echoProtocol, httpProtocol } from './probe-protocol.ts';

const http = httpProtocol('198.51.100.100', '/');
const response = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\nX-Origin: origin-2\r\n\r\norigin-2';

test('an HTTP answer is complete with the last byte of its body, not before', () => {
  for (let length = 0; length < response.length; length++) {
    expect(http.answer(response.slice(0, length), 0)).toBeNull();
  }
  expect(http.answer(response, 0)).toEqual({ verdict: 'ok', server: 'origin-2', last: false });
});

test('a status other than 200 and a body without a length are wrong answers', () => {
  expect(http.answer('HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n', 0)?.verdict).toBe('wrong');
  expect(http.answer('HTTP/1.1 200 OK\r\n\r\norigin-1', 0)?.verdict).toBe('wrong');
});

test('a side that says it closes is believed', () => {
  const closing = response.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
  expect(http.answer(closing, 0)?.last).toBe(true);
});

test('the body names the origin where the header does not', () => {
  const answer = http.answer('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nbe', 0);
  expect(answer).toEqual({ verdict: 'ok', server: 'be', last: false });
});

test('an answer that never ends is wrong rather than kept', () => {
  expect(http.answer('x'.repeat(70_000), 0)?.verdict).toBe('wrong');
  expect(echoProtocol.answer('x'.repeat(70_000), 0)?.verdict).toBe('wrong');
});

test('an echo must be of the line that was sent', () => {
  expect(echoProtocol.request(7, false)).toBe('probe 7\n');
  expect(echoProtocol.answer('origin-1 probe', 7)).toBeNull();
  expect(echoProtocol.answer('origin-1 probe 7\n', 7)).toEqual({
    verdict: 'ok',
    server: 'origin-1',
    last: false,
  });
  expect(echoProtocol.answer('origin-1 probe 6\n', 7)?.verdict).toBe('wrong');
});
