import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostsAddresses, parseHosts } from './hosts-file.ts';
import { SYSTEM_SEARCH_MAX, SYSTEM_SERVERS_MAX } from './limits.ts';
import { candidateNames, parseResolvConf } from './resolv-conf.ts';

describe('the hosts file', () => {
  const table = parseHosts(`
# comment
127.0.0.1\tlocalhost
::1 localhost ip6-localhost
198.51.100.21  Origin.Example. origin # the first
198.51.100.21 origin
2001:DB8:0::21 origin
fe80::1%eth0 linked
198.51.100.300 wrong
nonsense
198.51.100.22
`);

  it('gives each name its addresses, in order and once', () => {
    expect(hostsAddresses(table, 'origin')).toEqual(['198.51.100.21', '2001:db8::21']);
    expect(hostsAddresses(table, 'origin.example')).toEqual(['198.51.100.21']);
    expect(hostsAddresses(table, 'localhost')).toEqual(['127.0.0.1', '::1']);
  });

  it('has nothing of lines that are none', () => {
    for (const name of ['linked', 'wrong', 'comment', 'the', 'nonsense', '']) {
      expect(hostsAddresses(table, name)).toBeNull();
    }
  });

  it('may have any text in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const addresses of parseHosts(text).values()) expect(addresses.length > 0).toBe(true);
      }),
    );
  });

  it('is found again, whatever stands beside it', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    const entry = fc.tuple(fc.ipV4(), fc.uniqueArray(name, { minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const lines = entries.map(([address, names]) => `${address}  ${names.join('\t')} #x`);
        const parsed = parseHosts(lines.join('\n'));
        for (const [address, names] of entries) {
          for (const one of names) expect(parsed.get(one)).toContain(address);
        }
      }),
    );
  });
});

describe('resolv.conf', () => {
  it('has name servers, search domains and ndots', () => {
    const text = `# x
; y
nameserver 198.51.100.53
nameserver not-an-address
nameserver 2001:db8::53
domain old.example
search One.example. two.example
options timeout:1 ndots:3 rotate
`;
    expect(parseResolvConf(text)).toEqual({
      servers: ['198.51.100.53', '2001:db8::53'],
      search: ['one.example', 'two.example'],
      ndots: 3,
    });
    expect(parseResolvConf('')).toEqual({ servers: [], search: [], ndots: 1 });
  });

  it('is bounded, and may have any text in it', () => {
    const word = fc.constantFrom(
      'nameserver',
      'search',
      'options',
      'ndots:9',
      '198.51.100.1',
      'a.b',
    );
    const line = fc.oneof(
      fc.array(word).map((words) => words.join(' ')),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const { servers, search, ndots } = parseResolvConf(lines.join('\n'));
        expect(servers.length).toBeLessThanOrEqual(SYSTEM_SERVERS_MAX);
        expect(search.length).toBeLessThanOrEqual(SYSTEM_SEARCH_MAX);
        expect(ndots >= 0 && ndots <= 15).toBe(true);
      }),
    );
  });
});

describe('names to try', () => {
  const completion = { search: ['x.example', 'y.example'], ndots: 2 };

  it('begin with the completed ones where the name has few dots', () => {
    expect(candidateNames('a.b', completion)).toEqual(['a.b.x.example', 'a.b.y.example', 'a.b']);
    expect(candidateNames('a.b.c', completion)).toEqual([
      'a.b.c',
      'a.b.c.x.example',
      'a.b.c.y.example',
    ]);
  });

  it('are never longer than a name may be, and each comes once', () => {
    const long = 'a'.repeat(62);
    const name = [long, long, long, long].join('.');
    expect(candidateNames(name, completion)).toEqual([name]);
    expect(candidateNames('a', { search: ['x', 'x'], ndots: 1 })).toEqual(['a.x', 'a']);
  });
});
