import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRulesConfig } from '../../src/config/proxy-config.ts';
import { proxyConfig, startPlane, type TestPlane, upstreamConfig } from '../data-plane.fixture.ts';
import { FORWARDED_HOPS_MAX } from '../limits.ts';
import { RawOrigin, type RawPeer, rawClient } from '../raw-peers.fixture.ts';
import { RequestHead } from './head.ts';
import { parseRequest } from './parse-request.ts';
import { TrustedProxies } from './trusted-proxies.ts';

let origin: RawOrigin;
let proxy: TestPlane | null = null;

beforeEach(async () => {
  origin = await RawOrigin.listen();
});

afterEach(async () => {
  await proxy?.close();
  proxy = null;
  origin.close();
});

const LOOPBACK = [{ address: '127.0.0.0', prefixLength: 8 }];
const CDN = [...LOOPBACK, { address: '203.0.113.0', prefixLength: 24 }];

/** The lines about the client that the server gets, and whatever else is asked for. */
async function told(
  rules: Partial<HttpRulesConfig>,
  lines: readonly string[],
  also = /(?!)/,
): Promise<string[]> {
  proxy = startPlane(proxyConfig(upstreamConfig([origin.port]), { rules }));
  const client = await rawClient(proxy.port);
  client.send(['GET / HTTP/1.1', 'Host: a.example:81', ...lines, '', ''].join('\r\n'));
  const server = await origin.connection();
  const head = await server.has('\r\n\r\n');
  const about = /^(x-forwarded-[a-z]+|forwarded|x-real-ip):/i;
  return head
    .split('\r\n')
    .slice(1)
    .filter((line) => about.test(line) || also.test(line))
    .map((line) => line.replace(`${proxy!.port}`, 'PORT'));
}

const CLAIMS = [
  'X-Forwarded-For: 192.0.2.1',
  'X-Real-IP: 192.0.2.1',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: b.example',
  'X-Forwarded-Port: 443',
  'Forwarded: for=192.0.2.1',
];

describe('of a client that nobody vouches for', () => {
  it('what it says about itself is replaced', async () => {
    expect(await told({}, CLAIMS)).toEqual([
      'X-Forwarded-For: 127.0.0.1',
      'X-Real-IP: 127.0.0.1',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Port: PORT',
      'X-Forwarded-Host: a.example:81',
    ]);
  });

  it('the same is replaced where others are trusted', async () => {
    const clientIp = { trusted: CDN.slice(1), header: 'x-forwarded-for' };
    expect(await told({ clientIp }, CLAIMS)).toContain('X-Forwarded-For: 127.0.0.1');
  });

  it('Forwarded can be sent in place of X-Forwarded-*, beside it, or neither', async () => {
    const forwarded = 'Forwarded: for=127.0.0.1;proto=http;host="a.example:81"';
    expect(await told({ forwarded: 'rfc7239' }, CLAIMS)).toEqual([forwarded]);
    await proxy!.close();
    const both = await told({ forwarded: 'both' }, CLAIMS);
    expect(both).toHaveLength(6);
    expect(both.at(-1)).toBe(forwarded);
    await proxy!.close();
    expect(await told({ forwarded: 'off' }, CLAIMS)).toEqual([]);
  });

  it('the field in which a CDN names clients does not pass', async () => {
    const clientIp = { trusted: CDN.slice(1), header: 'cf-connecting-ip' };
    const lines = ['CF-Connecting-IP: 192.0.2.1', 'X-Other: 1'];
    expect(await told({ clientIp }, lines, /^(cf-|x-other)/i)).toEqual([
      'X-Other: 1',
      'X-Forwarded-For: 127.0.0.1',
      'X-Real-IP: 127.0.0.1',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Port: PORT',
      'X-Forwarded-Host: a.example:81',
    ]);
  });
});

describe('behind a trusted proxy', () => {
  const clientIp = { trusted: CDN, header: 'x-forwarded-for' };

  it('the chain is continued, and the rest kept as it came', async () => {
    expect(
      await told({ clientIp }, [
        'X-Forwarded-For: 10.0.0.1, 192.0.2.7:1234',
        'X-Forwarded-For: 203.0.113.9',
        ...CLAIMS.slice(1),
      ]),
    ).toEqual([
      'X-Forwarded-For: 10.0.0.1, 192.0.2.7:1234, 203.0.113.9, 127.0.0.1',
      'X-Real-IP: 192.0.2.7',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Port: 443',
      'X-Forwarded-Host: b.example',
    ]);
  });

  it('what it does not say is ours to say', async () => {
    expect(await told({ clientIp }, [])).toEqual([
      'X-Forwarded-For: 127.0.0.1',
      'X-Real-IP: 127.0.0.1',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Port: PORT',
      'X-Forwarded-Host: a.example:81',
    ]);
  });

  it('Forwarded is continued, and begun anew when it is malformed', async () => {
    const rules = {
      clientIp: { trusted: CDN, header: 'forwarded' },
      forwarded: 'rfc7239',
    } as const;
    const ours = 'for=127.0.0.1;proto=http;host="a.example:81"';
    const came = 'for="[2001:db8::1]";proto=https, for=203.0.113.5';
    expect(await told(rules, [`Forwarded: ${came}`])).toEqual([`Forwarded: ${came}, ${ours}`]);
    await proxy!.close();
    expect(await told(rules, ['Forwarded: for=[2001:db8::1]'])).toEqual([`Forwarded: ${ours}`]);
  });

  it('a chain that the proxy does not keep is begun anew with the client', async () => {
    const forwarded = 'both';
    const spoofed = 'Forwarded: for=198.51.100.66';
    const byField = await told({ clientIp, forwarded }, ['X-Forwarded-For: 192.0.2.1', spoofed]);
    expect(byField).toContain('X-Forwarded-For: 192.0.2.1, 127.0.0.1');
    expect(byField.at(-1)).toBe(
      'Forwarded: for=192.0.2.1, for=127.0.0.1;proto=http;host="a.example:81"',
    );
    await proxy!.close();
    const rules = { clientIp: { trusted: CDN, header: 'forwarded' }, forwarded } as const;
    const byForwarded = await told(rules, [
      'X-Forwarded-For: 198.51.100.66',
      'Forwarded: for="[2001:db8::1]"',
    ]);
    expect(byForwarded).toContain('X-Forwarded-For: 2001:db8::1, 127.0.0.1');
    expect(byForwarded.at(-1)).toMatch(/^Forwarded: for="\[2001:db8::1\]", for=127/);
  });

  it("what proxies that keep Forwarded let through as X-Forwarded-* is nobody's word", async () => {
    const rules = { clientIp: { trusted: CDN, header: 'forwarded' } } as const;
    const spoofed = [
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Port: 1',
    ];
    expect(await told(rules, [...spoofed, 'Forwarded: for=192.0.2.1'])).toEqual([
      'X-Forwarded-For: 192.0.2.1, 127.0.0.1',
      'X-Real-IP: 192.0.2.1',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Port: PORT',
      'X-Forwarded-Host: a.example:81',
    ]);
    await proxy!.close();
    // The hop that saw the client counts, neither what the client wrote nor a later hop.
    const chain = [
      'for=198.51.100.66;proto=http;host=evil.example',
      'for=192.0.2.1;proto=https;host=b.example',
      'for=203.0.113.9;proto=http;host=c.example',
    ];
    const said = await told(rules, [...spoofed, `Forwarded: ${chain.join(', ')}`]);
    expect(said).toContain('X-Forwarded-Proto: https');
    expect(said).toContain('X-Forwarded-Host: b.example');
  });

  it('each request on a connection is told of by itself', async () => {
    const first = await told({ clientIp }, ['X-Forwarded-For: 192.0.2.1']);
    expect(first).toContain('X-Real-IP: 192.0.2.1');
    const client = await rawClient(proxy!.port);
    for (const address of ['192.0.2.2', '192.0.2.3']) {
      client.send(`GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${address}\r\n\r\n`);
      const server = await origin.connection();
      await server.has(`\r\nX-Real-IP: ${address}\r\n`);
      server.send('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok');
      await client.has('ok');
      client.take();
    }
  });

  it('the PROXY protocol tells servers of the same client, request by request', async () => {
    const rules = { clientIp };
    proxy = startPlane(proxyConfig(upstreamConfig([origin.port], { sendProxy: 'v1' }), { rules }));
    const client = await rawClient(proxy.port);
    const ask = (address: string) =>
      client.send(`GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${address}\r\n\r\n`);
    for (const address of ['192.0.2.1', '192.0.2.2']) {
      ask(address);
      const server = await origin.connection();
      expect(await server.has('\r\n\r\n')).toMatch(
        new RegExp(`^PROXY TCP4 ${address} 127.0.0.1 0 ${proxy.port}\r\nGET / HTTP`),
      );
      server.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      await client.has('ok');
      client.take();
    }
    expect(origin.accepted).toBe(2);
  });

  it('a Connection that would remove the field with the client is refused', async () => {
    const rules = { clientIp: { trusted: CDN, header: 'cf-connecting-ip' } };
    proxy = startPlane(proxyConfig(upstreamConfig([origin.port]), { rules }));
    const client = await rawClient(proxy.port);
    client.send(
      'GET / HTTP/1.1\r\nHost: x\r\nCF-Connecting-IP: 192.0.2.1\r\nConnection: CF-Connecting-IP\r\n\r\n',
    );
    expect(await client.end()).toContain('HTTP/1.1 400 ');
  });
});

describe('whatever a trusted proxy says', () => {
  it('makes no line that nobody meant, and no field twice', async () => {
    const rules = { clientIp: { trusted: CDN, header: 'forwarded' }, forwarded: 'both' } as const;
    proxy = startPlane(proxyConfig(upstreamConfig([origin.port]), { rules }));
    const client = await rawClient(proxy.port);
    const name = fc.constantFrom('X-Forwarded-For', 'X-Forwarded-Host', 'Forwarded', 'X-Real-IP');
    const value = fc.stringMatching(/^[\t -~\x80-\xff]{0,30}$/);
    let server: RawPeer | null = null;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 5 }), async (fields) => {
        const lines = fields.map(([field, text]) => `${field}: ${text}\r\n`).join('');
        client.send(`GET / HTTP/1.1\r\nHost: x\r\n${lines}\r\n`);
        server ??= await origin.connection();
        const [, ...told] = (await server.has('\r\n\r\n')).slice(0, -4).split('\r\n');
        const names = told.map((line) => /^([A-Za-z-]+): /.exec(line)?.[1]);
        expect(names).not.toContain(undefined);
        expect(new Set(names).size).toBe(names.length);
        expect(names).toHaveLength(8);
        server.take();
        server.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        await client.has('ok');
        client.take();
      }),
      { numRuns: 150 },
    );
  });
});

describe('the client', () => {
  const peer = { address: '127.0.0.1', port: 5 };

  function clientOf(header: string, ...lines: string[]): string {
    const trusted = [...CDN, { address: '2001:db8::', prefixLength: 32 }];
    const head = new RequestHead(100);
    const bytes = Buffer.from(['GET / HTTP/1.1', 'Host: x', ...lines, '', ''].join('\r\n'));
    const limits = { requestLineMax: 99, headBytesMax: 9999, headerCountMax: 100 };
    expect(parseRequest(head, bytes, 0, bytes.length, limits)).toBe(bytes.length);
    return new TrustedProxies({ trusted, header }).clientOf(head, peer).address;
  }

  it.each([
    ['nobody said', '127.0.0.1', []],
    ['the proxy said', '192.0.2.1', ['192.0.2.1']],
    ['said first by a stranger', '198.51.100.1', ['192.0.2.1, 198.51.100.1']],
    ['said behind two proxies', '192.0.2.1', ['192.0.2.1, 203.0.113.7']],
    ['said in two lines', '192.0.2.1', ['192.0.2.1', '203.0.113.7, 2001:db8::9']],
    ['said with a port', '192.0.2.1', ['192.0.2.1:99']],
    ['of IPv6', '2001:db9::1', ['2001:DB9::1']],
    ['a trusted one itself', '203.0.113.1', ['203.0.113.1, 203.0.113.2']],
    ['not told by the last proxy', '127.0.0.1', ['192.0.2.1, unknown']],
    ['not told by the one before', '203.0.113.3', ['192.0.2.1, unknown, 203.0.113.3']],
  ])('of X-Forwarded-For: %s', (_, client, values) => {
    expect(clientOf('x-forwarded-for', ...values.map((value) => `X-Forwarded-For: ${value}`))).toBe(
      client,
    );
  });

  it.each([
    ['for=192.0.2.1', '192.0.2.1'],
    ['for=198.51.100.1, for=192.0.2.1;proto=https, for="[2001:db8::5]:1"', '192.0.2.1'],
    ['for=192.0.2.1, for=_hidden', '127.0.0.1'],
    ['for=192.0.2.1, proto=https', '127.0.0.1'],
    ['for=192.0.2.1;', '192.0.2.1'],
    ['for=192.0.2.1, for', '127.0.0.1'],
  ])('of Forwarded: %s is %s', (value, client) => {
    expect(clientOf('forwarded', `Forwarded: ${value}`)).toBe(client);
  });

  it.each([
    ['one', '192.0.2.1', ['True-Client-IP: 192.0.2.1']],
    ['none', '127.0.0.1', ['True-Client: 192.0.2.1']],
    ['two', '127.0.0.1', ['True-Client-IP: 192.0.2.1', 'true-client-ip: 192.0.2.2']],
    ['no address', '127.0.0.1', ['True-Client-IP: 192.0.2.1, 192.0.2.2']],
  ])('of a field of its own with %s', (_, client, lines) => {
    expect(clientOf('true-client-ip', ...lines)).toBe(client);
  });

  it('of a chain that is too long is the last that was looked at', () => {
    const proxies = Array.from({ length: FORWARDED_HOPS_MAX }, (_, hop) => `203.0.113.${hop + 1}`);
    const chain = ['192.0.2.1', ...proxies].join(', ');
    expect(clientOf('x-forwarded-for', `X-Forwarded-For: ${chain}`)).toBe('203.0.113.1');
  });
});
