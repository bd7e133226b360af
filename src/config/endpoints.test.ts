import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatEndpoint,
  formatVirtualAddress,
  hostnameProblem,
  parseBind,
  parseEndpoint,
  parseVirtualAddress,
} from './endpoints.ts';

const port = fc.integer({ min: 1, max: 65_535 });

describe('servers', () => {
  test.each([
    ['198.51.100.21:80', '198.51.100.21', 80],
    ['[2001:DB8:0::21]:8080', '2001:db8::21', 8080],
    ['[::ffff:198.51.100.1]:80', '::ffff:198.51.100.1', 80],
    ['Origin.Example.COM:443', 'origin.example.com', 443],
    ['localhost:65535', 'localhost', 65_535],
    ['_svc.example:1', '_svc.example', 1],
  ])('%s', (text, host, number) => {
    expect(parseEndpoint(text)).toEqual({ ok: true, value: { host, port: number } });
  });

  test.each([
    ['198.51.100.21', 'no port'],
    ['198.51.100.300:80', 'not an IPv4 address'],
    ['198.51.100.021:80', 'not an IPv4 address'],
    ['2001:db8::1', 'IPv6 with a port: write "[2001:db8::1]:80"'],
    ['[198.51.100.1]:80', '[ ] hold no IPv6 address'],
    ['[fe80::1%eth0]:80', '[ ] hold no IPv6 address'],
    ['[2001:db8::1]', 'no port'],
    ['host:0', 'a port is 1 to 65535'],
    ['host:65536', 'a port is 1 to 65535'],
    ['host:', ''],
    [':80', 'no host'],
    ['http://origin:80', 'a URL: leave out the scheme and path'],
    ['a b:80', '"a b" is no label of a host name'],
    ['-a.example:80', '"-a" is no label of a host name'],
    ['a..b:80', '"" is no label of a host name'],
  ])('%j is refused', (text, reason) => {
    expect(parseEndpoint(text)).toEqual({ ok: false, reason });
  });

  test('what is written is read as the same endpoint', () => {
    const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
    const host = fc.oneof(
      fc.ipV4(),
      fc.ipV6().filter((text) => !text.includes('%')),
      fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.')),
    );
    fc.assert(
      fc.property(host, port, (name, number) => {
        const once = parseEndpoint(formatEndpoint({ host: name, port: number }));
        expect(once.ok).toBe(true);
        if (once.ok) expect(parseEndpoint(formatEndpoint(once.value))).toEqual(once);
      }),
    );
  });
});

describe('listeners', () => {
  test('bind addresses, in canonical form', () => {
    expect(parseBind('0.0.0.0:80')).toEqual({ ok: true, value: { host: '0.0.0.0', port: 80 } });
    expect(parseBind('[0:0::0]:80')).toEqual({ ok: true, value: { host: '::', port: 80 } });
  });

  test.each([
    [':80', 'say which: "0.0.0.0:80" (IPv4), "[::]:80" (IPv6)'],
    ['*:80', 'say which: "0.0.0.0:80" (IPv4), "[::]:80" (IPv6)'],
    ['80', 'no address: write "0.0.0.0:80"'],
    ['localhost:80', 'a listener binds an address, not a name'],
    ['[::ffff:1.2.3.4]:80', 'an IPv4 address in IPv6 form: write "1.2.3.4:80"'],
  ])('%j is refused', (text, reason) => {
    expect(parseBind(text)).toEqual({ ok: false, reason });
  });
});

describe('virtual addresses', () => {
  test('both families, in canonical form', () => {
    const ipv6 = parseVirtualAddress('2001:DB8::0:5/64');
    expect(ipv6).toEqual({ ok: true, value: { address: '2001:db8::5', prefixLength: 64 } });
    const ipv4 = parseVirtualAddress('198.51.100.100/32');
    expect(ipv4).toEqual({ ok: true, value: { address: '198.51.100.100', prefixLength: 32 } });
  });

  test.each([
    ['198.51.100.100', 'no prefix length: write 198.51.100.100/24'],
    ['2001:db8::5', 'no prefix length: write 2001:db8::5/64'],
    ['198.51.100.100/33', 'a prefix length is 1 to 32'],
    ['2001:db8::5/0', 'a prefix length is 1 to 128'],
    ['198.51.100.100/2x', 'a prefix length is 1 to 32'],
    ['198.51.100.100/24/24', ''],
    ['host/24', ''],
  ])('%j is refused', (text, reason) => {
    expect(parseVirtualAddress(text)).toEqual({ ok: false, reason });
  });

  test('what is written is read as the same address', () => {
    const text = fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 32 })).map((two) => two.join('/'));
    fc.assert(
      fc.property(text, (written) => {
        const once = parseVirtualAddress(written);
        expect(once.ok && formatVirtualAddress(once.value)).toBe(written);
      }),
    );
  });
});

test('host names end at 253 characters', () => {
  const long = `${'a'.repeat(60)}.`.repeat(4);
  expect(hostnameProblem(`${long}${'a'.repeat(9)}`)).toBeNull();
  expect(hostnameProblem(`${long}${'a'.repeat(10)}`)).toBe(
    'a host name has at most 253 characters',
  );
});

test('no text makes a parser throw', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[[\]0-9a-f:.%/*]{0,30}$/));
  fc.assert(
    fc.property(text, (written) => {
      for (const parse of [parseEndpoint, parseBind, parseVirtualAddress]) {
        expect(typeof parse(written).ok).toBe('boolean');
      }
    }),
  );
});
