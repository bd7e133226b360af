import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HashKey } from '../../src/config/balancing-config.ts';
import { keyOfText } from '../selection/key-hash.ts';
import { NO_KEY } from '../selection/policy.ts';
import type { ClientIdentity } from './client-identity.ts';
import { RequestHead } from './head.ts';
import { parseRequest } from './parse-request.ts';
import { keyReader } from './request-key.ts';

const CLIENT = { address: '198.51.100.7', port: 4711 } as ClientIdentity;
const LIMITS = { requestLineMax: 8192, headBytesMax: 32_768, headerCountMax: 100 };

function keyOf(key: HashKey, target: string, ...lines: string[]): number {
  const hosted = lines.some((line) => /^host:/i.test(line))
    ? lines
    : ['Host: example.com', ...lines];
  const bytes = Buffer.from(`GET ${target} HTTP/1.1\r\n${hosted.join('\r\n')}\r\n\r\n`, 'latin1');
  const head = new RequestHead(LIMITS.headerCountMax);
  expect(parseRequest(head, bytes, 0, bytes.length, LIMITS)).toBe(bytes.length);
  return keyReader(key)(head, CLIENT);
}

const header = (name: string): HashKey => ({ kind: 'header', name });
const cookie = (name: string): HashKey => ({ kind: 'cookie', name });
const parameter = (name: string): HashKey => ({ kind: 'parameter', name });

describe('keyReader', () => {
  it.each<[string, HashKey, string, string[], string | null]>([
    ['the address', { kind: 'source' }, '/', [], '198.51.100.7'],
    ['the path', { kind: 'path' }, '/a/b?c=d', [], '/a/b'],
    ['the path, normalised', { kind: 'path' }, '/x/../%61//b', [], '/a/b'],
    ['the query', { kind: 'query' }, '/a?c=d', [], '?c=d'],
    ['an empty query', { kind: 'query' }, '/a?', [], '?'],
    ['no query', { kind: 'query' }, '/a', [], null],
    ['path and query', { kind: 'uri' }, '/a?c=d', [], '/a?c=d'],
    ['a path alone', { kind: 'uri' }, '/a', [], '/a'],
    ['the host', { kind: 'host' }, '/', ['Host: Example.COM:8080'], 'example.com'],
    ['the host, rooted', { kind: 'host' }, '/', ['Host: example.com.'], 'example.com'],
    ['an IPv6 host', { kind: 'host' }, '/', ['Host: [2001:DB8::1]:80'], '[2001:db8::1]'],
    ['an absolute form', { kind: 'host' }, 'http://a.example/', [], 'a.example'],
    ['a field', header('x-user'), '/', ['X-User:  joe '], 'joe'],
    ['a field of several lines', header('x-user'), '/', ['X-User: a', 'x-user: b'], 'a,b'],
    ['an empty field', header('x-user'), '/', ['X-User:'], ''],
    ['a known field', header('authorization'), '/', ['Authorization: Basic x'], 'Basic x'],
    ['no such field', header('x-user'), '/', ['X-Users: joe'], null],
    ['a cookie', cookie('id'), '/', ['Cookie: xid=1; id=2; id=3'], '2'],
    ['a cookie of a second line', cookie('id'), '/', ['Cookie: a=1', 'Cookie: id=2 '], '2'],
    ['a cookie with an equals sign', cookie('id'), '/', ['Cookie: id=a=b'], 'a=b'],
    ['a cookie with blanks', cookie('id'), '/', ['Cookie: id x=1;\tid \t=\t 2 ;a=b'], '2'],
    ['a cookie of blanks', cookie('id'), '/', ['Cookie: id = ; id=1'], ''],
    ['an empty cookie', cookie('id'), '/', ['Cookie: id=; a=b'], ''],
    ['no such cookie', cookie('id'), '/', ['Cookie: Id=2; idx=3; a; id'], null],
    ['no such cookie but with blanks', cookie('id'), '/', ['Cookie: id ; = 1; id x=2'], null],
    ['no cookie at all', cookie('id'), '/', [], null],
    ['a parameter', parameter('id'), '/a?xid=1&id=2&id=3', [], '2'],
    ['an empty parameter', parameter('id'), '/a?id=', [], ''],
    ['no such parameter', parameter('id'), '/a?idx=1&id&x', [], null],
    ['no query for a parameter', parameter('id'), '/id=3', [], null],
  ])('hashes %s', (_, key, target, lines, expected) => {
    const wanted = expected === null ? NO_KEY : keyOfText(expected);
    expect(keyOf(key, target, ...lines)).toBe(wanted);
  });

  it('finds any cookie among others, as splitting the line would', () => {
    const name = fc.constantFrom('a', 'b', 'ab', 'id');
    const pair = fc.tuple(name, fc.stringMatching(/^[0-9a-z=]{0,4}$/));
    const separator = fc.constantFrom(';', '; ', ' ;  ');
    fc.assert(
      fc.property(fc.array(pair), name, separator, (pairs, wanted, between) => {
        const line = pairs.map(([one, value]) => `${one}=${value}`).join(between);
        const found = pairs.find(([one]) => one === wanted);
        const expected = found === undefined ? NO_KEY : keyOfText(found[1]);
        expect(keyOf(cookie(wanted), '/', `Cookie: ${line}`)).toBe(expected);
      }),
    );
  });

  it('finds any parameter, as splitting the query would', () => {
    const name = fc.constantFrom('a', 'b', 'ab', 'id');
    const pair = fc.tuple(name, fc.stringMatching(/^[0-9a-z=]{0,4}$/));
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1 }), name, (pairs, wanted) => {
        const query = pairs.map(([one, value]) => `${one}=${value}`).join('&');
        const found = pairs.find(([one]) => one === wanted);
        const expected = found === undefined ? NO_KEY : keyOfText(found[1]);
        expect(keyOf(parameter(wanted), `/?${query}`)).toBe(expected);
      }),
    );
  });
});
