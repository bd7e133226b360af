import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ResolverConfig } from '../../src/config/proxy-config.ts';
import { RESOLVER } from '../data-plane.fixture.ts';
import type { Answer } from './answer.ts';
import { DnsServer } from './dns-server.fixture.ts';
import { HOSTS_TTL_MS, SRV_TARGETS_MAX } from './limits.ts';
import { familiesOf, type LookupSources, SystemLookup } from './lookup.ts';

let dns: DnsServer;
let folder: string;
const lookups: SystemLookup[] = [];

beforeEach(async () => {
  dns = await DnsServer.start();
  folder = mkdtempSync(join(tmpdir(), 'tandem-lookup-'));
});

afterEach(() => {
  for (const lookup of lookups.splice(0)) lookup.stop();
  dns.close();
  rmSync(folder, { recursive: true });
});

function lookupWith(
  changes: Partial<ResolverConfig> = {},
  sources: Partial<LookupSources> = {},
): SystemLookup {
  const servers = [{ host: '127.0.0.1', port: dns.port }];
  const config = { ...RESOLVER, servers, timeoutMs: 300, ...changes };
  const lookup = new SystemLookup(config, {
    hosts: join(folder, 'hosts'),
    resolvConf: join(folder, 'resolv.conf'),
    families: () => ['ipv4', 'ipv6'],
    ...sources,
  });
  lookups.push(lookup);
  return lookup;
}

const ask = (name: string, lookup = lookupWith()) => lookup.ask({ kind: 'address', name });
const askSrv = (name: string, lookup = lookupWith()) => lookup.ask({ kind: 'srv', name });

/** Addresses of an answer, of all targets; demands that there is one. */
function addresses(answer: Answer): readonly string[] {
  if (answer.kind !== 'found') throw new Error(JSON.stringify(answer));
  return answer.records.flatMap(({ addresses: { ipv4, ipv6 } }) =>
    [ipv4, ipv6].flatMap((family) => (family.kind === 'found' ? family.records : [])),
  );
}

describe('addresses', () => {
  it('of both families come with their TTLs', async () => {
    dns.set('www.example.com', ['198.51.100.22', '198.51.100.21', '2001:db8:0::21'], 7);
    const answer = await ask('www.example.com');
    expect(answer).toMatchObject({
      kind: 'found',
      records: [
        {
          host: 'www.example.com',
          srv: null,
          addresses: {
            ipv4: { kind: 'found', records: ['198.51.100.22', '198.51.100.21'], ttlMs: 7000 },
            ipv6: { kind: 'found', records: ['2001:db8::21'], ttlMs: 7000 },
          },
        },
      ],
    });
  });

  it('behind an alias count as long as the shorter of the two TTLs', async () => {
    dns.set('real.example.com', ['198.51.100.21'], 60);
    dns.alias('www.example.com', 'real.example.com', 5);
    const answer = await ask('www.example.com');
    expect(answer).toMatchObject({ records: [{ addresses: { ipv4: { ttlMs: 5000 } } }] });
  });

  it('come over TCP when they are too many for a packet', async () => {
    const many = Array.from({ length: 60 }, (_, index) => `198.51.100.${index + 1}`);
    dns.set('www.example.com', many);
    expect(addresses(await ask('www.example.com', lookupWith({ family: 'ipv4' })))).toEqual(many);
    expect(dns.questions).toEqual(['A www.example.com', 'A www.example.com']);
  });

  it('of one family are a whole answer', async () => {
    dns.set('www.example.com', ['198.51.100.21']);
    expect(await ask('www.example.com')).toMatchObject({
      records: [
        { addresses: { ipv4: { kind: 'found' }, ipv6: { kind: 'absent', why: 'nodata' } } },
      ],
    });
  });

  it('are only asked for in the family that is wanted', async () => {
    dns.set('www.example.com', ['198.51.100.21', '2001:db8::21']);
    expect(addresses(await ask('www.example.com', lookupWith({ family: 'ipv6' })))).toEqual([
      '2001:db8::21',
    ]);
    const hostHas = lookupWith({}, { families: () => ['ipv4'] });
    expect(addresses(await ask('www.example.com', hostHas))).toEqual(['198.51.100.21']);
    expect(dns.questions).toEqual(['AAAA www.example.com', 'A www.example.com']);
  });

  it.each(['0.0.0.0', '224.0.0.1', '255.255.255.255', '::', 'ff02::1', '::ffff:198.51.100.1'])(
    'never are %s',
    async (address) => {
      dns.set('www.example.com', [address]);
      const family = address.includes(':') ? 'ipv6' : 'ipv4';
      const answer = await ask('www.example.com', lookupWith({ family }));
      const failed = { kind: 'failed', why: 'malformed' };
      expect(answer).toMatchObject({ records: [{ addresses: { [family]: failed } }] });
      dns.set('www.example.com', [address, '198.51.100.21', '2001:db8::21']);
      expect([...addresses(await ask('www.example.com'))].sort()).toEqual([
        '198.51.100.21',
        '2001:db8::21',
      ]);
    },
  );
});

describe('no addresses', () => {
  it('because there is no such name', async () => {
    expect(await ask('gone.example.com')).toEqual({ kind: 'absent', why: 'nxdomain' });
  });

  it('because the name has none', async () => {
    dns.set('text.example.com', []);
    expect(await ask('text.example.com')).toEqual({ kind: 'absent', why: 'nodata' });
  });

  it.each([
    ['servfail', 'servfail'],
    ['refused', 'refused'],
    ['silent', 'timeout'],
    ['noise', 'EBADRESP'],
  ] as const)('because the name server is in mode %s: %s', async (mode, word) => {
    dns.mode = mode;
    const detail = expect.stringContaining(`A www.example.com: 127.0.0.1:${dns.port} ${word}`);
    const why = word === 'EBADRESP' ? 'malformed' : word;
    expect(await ask('www.example.com', lookupWith({ family: 'ipv4' }))).toMatchObject({
      records: [{ addresses: { ipv4: { kind: 'failed', why, detail } } }],
    });
  });

  it('because nobody listens there', async () => {
    const nobody = lookupWith({ servers: [{ host: '127.0.0.1', port: 1 }], family: 'ipv4' });
    expect(await ask('www.example.com', nobody)).toMatchObject({
      records: [{ addresses: { ipv4: { kind: 'failed', why: 'unreachable' } } }],
    });
  });

  it('of one family only: the other one stands', async () => {
    dns.set('www.example.com', ['198.51.100.21', '2001:db8::21']);
    dns.modes.set('AAAA www.example.com', 'servfail');
    expect(await ask('www.example.com')).toMatchObject({
      records: [{ addresses: { ipv4: { records: ['198.51.100.21'] }, ipv6: { why: 'servfail' } } }],
    });
  });
});

describe('several name servers', () => {
  it('are asked in turn until one answers', async () => {
    const [silent, failing] = [await DnsServer.start(), await DnsServer.start()];
    silent.mode = 'silent';
    failing.mode = 'servfail';
    dns.set('www.example.com', ['198.51.100.21']);
    const servers = [silent, failing, dns].map(({ port }) => ({ host: '127.0.0.1', port }));
    const lookup = lookupWith({ servers, family: 'ipv4', timeoutMs: 100 });
    expect(addresses(await ask('www.example.com', lookup))).toEqual(['198.51.100.21']);
    expect([silent, failing, dns].map(({ questions }) => questions.length)).toEqual([1, 1, 1]);
    silent.close();
    failing.close();
  });

  it('are not asked when one said that there is no such name', async () => {
    const other = await DnsServer.start();
    const servers = [dns, other].map(({ port }) => ({ host: '127.0.0.1', port }));
    await ask('www.example.com', lookupWith({ servers }));
    expect(other.questions).toEqual([]);
    other.close();
  });

  it('come from resolv.conf, which is read again', async () => {
    const lookup = lookupWith({ servers: [], family: 'ipv4', timeoutMs: 50 });
    // Port 53 of a loopback address where nobody is.
    writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.77\n');
    const failed = (host: string) => ({
      records: [
        { addresses: { ipv4: { detail: expect.stringContaining(`${host}:53 unreachable`) } } },
      ],
    });
    expect(await ask('www.example.com', lookup)).toMatchObject(failed('127.0.0.77'));
    writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.78\n# another\n');
    expect(await ask('www.example.com', lookup)).toMatchObject(failed('127.0.0.78'));
  });
});

describe('the hosts file', () => {
  it('comes first, and is read again when it changed', async () => {
    dns.set('origin', ['198.51.100.99']);
    const lookup = lookupWith();
    writeFileSync(join(folder, 'hosts'), '198.51.100.21 origin\n2001:db8::21 Origin # us\n');
    expect(addresses(await ask('origin', lookup))).toEqual(['198.51.100.21', '2001:db8::21']);
    expect(await ask('origin', lookup)).toMatchObject({
      records: [{ addresses: { ipv4: { ttlMs: HOSTS_TTL_MS } } }],
    });
    writeFileSync(join(folder, 'hosts'), '198.51.100.22 other origin\n');
    expect(addresses(await ask('origin', lookup))).toEqual(['198.51.100.22']);
    expect(dns.questions).toEqual([]);
    rmSync(join(folder, 'hosts'));
    expect(addresses(await ask('origin', lookup))).toEqual(['198.51.100.99']);
  });

  it('need not name localhost', async () => {
    expect(addresses(await ask('localhost'))).toEqual(['127.0.0.1', '::1']);
    const wanted = lookupWith({ family: 'ipv4' });
    expect(addresses(await ask('app.localhost', wanted))).toEqual(['127.0.0.1']);
    expect(dns.questions).toEqual([]);
  });
});

describe('search domains', () => {
  it('complete a short name first, and a long one after', async () => {
    dns.set('db.inside.example', ['198.51.100.21']);
    dns.set('a.b.inside.example', ['198.51.100.22']);
    const lookup = lookupWith({ search: ['none.example', 'inside.example'], family: 'ipv4' });
    expect(addresses(await ask('db', lookup))).toEqual(['198.51.100.21']);
    expect(dns.questions).toEqual(['A db.none.example', 'A db.inside.example']);
    dns.questions.length = 0;
    expect(addresses(await ask('a.b', lookup))).toEqual(['198.51.100.22']);
    expect(dns.questions).toEqual(['A a.b', 'A a.b.none.example', 'A a.b.inside.example']);
  });

  it('are not gone on with when nobody could say', async () => {
    dns.modes.set('db.one.example', 'servfail');
    dns.set('db.two.example', ['198.51.100.21']);
    const lookup = lookupWith({ search: ['one.example', 'two.example'], family: 'ipv4' });
    expect(await ask('db', lookup)).toMatchObject({
      records: [{ addresses: { ipv4: { why: 'servfail' } } }],
    });
  });
});

describe('SRV records', () => {
  it('come by priority and weight, each with the addresses of its target', async () => {
    dns.setSrv('_http._tcp.example.com', [
      { target: 'c.example.com', port: 8003, priority: 20, weight: 1 },
      { target: 'A.example.com', port: 8001, priority: 10, weight: 5 },
      { target: 'b.example.com', port: 8002, priority: 10, weight: 60 },
    ]);
    dns.set('a.example.com', ['198.51.100.21', '198.51.100.31'], 9);
    dns.set('b.example.com', ['198.51.100.22'], 8);
    const answer = await askSrv('_http._tcp.example.com');
    expect(addresses(answer)).toEqual(['198.51.100.22', '198.51.100.21', '198.51.100.31']);
    expect(answer).toMatchObject({
      records: [
        { host: 'b.example.com', srv: { port: 8002, priority: 10, weight: 60 } },
        { host: 'a.example.com', srv: { port: 8001, priority: 10, weight: 5 } },
        {
          host: 'c.example.com',
          srv: { port: 8003, priority: 20, weight: 1 },
          addresses: { ipv4: { kind: 'absent', why: 'nxdomain' } },
        },
      ],
    });
  });

  it('with the root as target say that there is no service', async () => {
    dns.setSrv('_http._tcp.example.com', [{ target: '.', port: 0 }]);
    expect(await askSrv('_http._tcp.example.com')).toEqual({ kind: 'absent', why: 'nodata' });
  });

  it('are absent, or nobody could say', async () => {
    expect(await askSrv('_x._tcp.example.com')).toEqual({ kind: 'absent', why: 'nxdomain' });
    dns.set('_x._tcp.example.com', []);
    expect(await askSrv('_x._tcp.example.com')).toEqual({ kind: 'absent', why: 'nodata' });
    dns.mode = 'refused';
    expect(await askSrv('_x._tcp.example.com')).toMatchObject({ kind: 'failed', why: 'refused' });
  });

  it('are asked about up to a bound', async () => {
    const targets = Array.from({ length: SRV_TARGETS_MAX + 3 }, (_, index) => `t${index}.example`);
    dns.setSrv(
      '_x._tcp.example.com',
      targets.map((target) => ({ target, port: 80 })),
    );
    const answer = await askSrv('_x._tcp.example.com', lookupWith({ family: 'ipv4' }));
    expect(answer.kind === 'found' && answer.records.length).toBe(SRV_TARGETS_MAX);
    const targetsAsked = dns.questions.filter((question) => question.startsWith('A '));
    expect(targetsAsked.length).toBe(SRV_TARGETS_MAX);
  });
});

it('a stop ends what is under way', async () => {
  dns.mode = 'silent';
  const lookup = lookupWith({ timeoutMs: 60_000 });
  const asked = ask('www.example.com', lookup);
  await expect.poll(() => dns.questions.length).toBe(2);
  lookup.stop();
  expect((await asked).kind).toBe('found');
});

describe('families of a host', () => {
  const one = (address: string, internal = false) => ({
    address,
    internal,
    family: address.includes(':') ? ('IPv6' as const) : ('IPv4' as const),
    netmask: '',
    mac: '',
    cidr: null,
    scopeid: 0,
  });

  it('are those of addresses that reach beyond the link', () => {
    expect(familiesOf({ lo: [one('127.0.0.1', true)], eth0: [one('198.51.100.1')] })).toEqual([
      'ipv4',
    ]);
    expect(familiesOf({ eth0: [one('fe80::1'), one('198.51.100.1')] })).toEqual(['ipv4']);
    expect(familiesOf({ eth0: [one('2001:db8::1')] })).toEqual(['ipv6']);
    expect(familiesOf({ lo: [one('127.0.0.1', true)] })).toEqual(['ipv4', 'ipv6']);
  });
});
