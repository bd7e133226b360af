import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forNode, parseForwarded, parseHop } from './forwarded-field.ts';

const v4 = { address: '192.0.2.1', port: 0 };
const v6 = { address: '2001:db8::17', port: 0 };

describe('Forwarded', () => {
  it.each([
    ['for=192.0.2.60', [{ address: '192.0.2.60', port: 0 }]],
    ['for="192.0.2.60:4711";by=203.0.113.43', [{ address: '192.0.2.60', port: 4711 }]],
    ['for=192.0.2.1;proto=HTTPS;host="a:8443"', [{ ...v4, proto: 'https', host: 'a:8443' }]],
    ['for=192.0.2.1;proto=gopher;host="a b"', [v4]],
    ['for=192.0.2.1;proto="";host=""', [v4]],
    ['For="[2001:DB8:0::17]"', [v6]],
    ['for="[2001:db8::17]:_x"', [v6]],
    [
      'for="[2001:db8::17]:47011", for=192.0.2.1',
      [
        { ...v6, port: 47_011 },
        { address: '192.0.2.1', port: 0 },
      ],
    ],
    ['for="[::ffff:192.0.2.1]"', [{ address: '192.0.2.1', port: 0 }]],
    ['for="\\192.0.2.1"', [{ address: '192.0.2.1', port: 0 }]],
    ['for=unknown', [null]],
    ['for=_hidden, for=_SEVKISEK', [null, null]],
    ['proto=https;host="a.example:8443"', [null]],
    [';for=192.0.2.1;;', [{ address: '192.0.2.1', port: 0 }]],
    [' ,for=192.0.2.1\t,, ', [{ address: '192.0.2.1', port: 0 }]],
    ['', []],
  ])('%j is read', (text, hops) => {
    expect(parseForwarded(text)?.map((element) => element.for)).toEqual(hops);
  });

  it.each([
    ['an address of IPv6 without quotes', 'for=[2001:db8::17]'],
    ['an address of IPv6 without brackets', 'for="2001:db8::17"'],
    ['an address of IPv4 in brackets', 'for="[192.0.2.1]"'],
    ['a name', 'for=client.example'],
    ['half an address', 'for=192.0.2'],
    ['a port beyond 65535', 'for="192.0.2.1:65536"'],
    ['an empty node', 'for=""'],
    ['an empty obfuscation', 'for=_'],
    ['a node in by that is none', 'for=192.0.2.1;by=x'],
    ['a parameter twice', 'for=192.0.2.1;FOR=192.0.2.2'],
    ['space around the equals sign', 'for =192.0.2.1'],
    ['space around a semicolon', 'for=192.0.2.1; proto=http'],
    ['an open quote', 'for="192.0.2.1'],
    ['no value', 'for='],
    ['no equals sign', '192.0.2.1'],
  ])('with %s is malformed', (_, text) => {
    expect(parseForwarded(text)).toBeNull();
  });

  it('never fails on anything, and reads back what we write', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseForwarded(text);
        parseHop(text);
      }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const hop = parseHop(address)!;
        expect(parseForwarded(forNode(hop.address))).toEqual([{ for: hop }]);
      }),
    );
    expect(parseForwarded(forNode(''))).toEqual([{ for: null }]);
  });
});

describe('an address of X-Forwarded-For', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1', 0],
    ['192.0.2.1:80', '192.0.2.1', 80],
    ['2001:DB8::1', '2001:db8::1', 0],
    ['[2001:db8::1]', '2001:db8::1', 0],
    ['[2001:db8::1]:443', '2001:db8::1', 443],
    ['::ffff:192.0.2.1', '192.0.2.1', 0],
  ])('%s is one', (text, address, port) => {
    expect(parseHop(text)).toEqual({ address, port });
  });

  it.each(['', 'unknown', '_x', 'localhost', '192.0.2.256', '192.0.2.1:', 'fe80::1%eth0', '1'])(
    '%j is none',
    (text) => {
      expect(parseHop(text)).toBeNull();
    },
  );
});
