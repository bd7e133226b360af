import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { helloOf, inRecords, realHello } from './client-hello.fixture.ts';
import { HelloReader, readClientHello } from './client-hello.ts';
import { HELLO_BYTES_MAX } from './limits.ts';

const read = (bytes: Buffer) => readClientHello(bytes, 0, bytes.length);
const kindOf = (bytes: Buffer) => read(bytes).kind;

describe('the first message of real clients', () => {
  it.each(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const)('in %s', async (version) => {
    const hello = await realHello({
      servername: 'Api.Example.com',
      ALPNProtocols: ['h2', 'http/1.1'],
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    expect(read(hello)).toEqual({
      kind: 'hello',
      serverName: 'api.example.com',
      protocols: ['h2', 'http/1.1'],
    });
  });

  it('with a post-quantum key share, which no segment holds', async () => {
    const hello = await realHello({ servername: 'pq.example', ecdhCurve: 'X25519MLKEM768' });
    expect(hello.length).toBeGreaterThan(1400);
    expect(read(hello)).toMatchObject({ kind: 'hello', serverName: 'pq.example' });
    expect(kindOf(hello.subarray(0, 1400))).toBe('incomplete');
  });

  it('that names nobody', async () => {
    const hello = await realHello({});
    expect(read(hello)).toEqual({ kind: 'hello', serverName: null, protocols: [] });
  });
});

describe('readClientHello', () => {
  it('needs no extensions at all, as in SSL 3 and TLS 1.0', () => {
    const body = `0301${'00'.repeat(32)}00${'0002002f'}0100`;
    const message = Buffer.from(`01000029${body}`, 'hex');
    const nobody = { kind: 'hello', serverName: null, protocols: [] };
    expect(read(inRecords(message, 100))).toEqual(nobody);
  });

  it('takes a name with the dot of its URL for the name', () => {
    expect(read(helloOf({ serverName: 'Good.example.' }))).toMatchObject({
      serverName: 'good.example',
    });
  });

  it.each([
    ['HTTP', 'GET / HTTP/1.1\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['an SSL 2 hello', '\x80\x2e\x01\x03\x01'],
    ['a record of version 2', '\x16\x02'],
  ])('knows %s for no TLS from its first bytes', (_, text) => {
    expect(kindOf(Buffer.from(text, 'latin1'))).toBe('not_tls');
  });

  const broken: readonly (readonly [string, Buffer])[] = [
    ['a ServerHello', Buffer.from('160301000502000001ff', 'hex')],
    ['an empty record', Buffer.from('1603010000', 'hex')],
    ['a record beyond 2^14', Buffer.from('1603014001', 'hex')],
    ['an alert within it', Buffer.from('160301000101150301000101', 'hex')],
    ['more than it may be', helloOf({ paddingBytes: HELLO_BYTES_MAX })],
    ['a name with NUL', helloOf({ serverName: 'good.example\0.evil' })],
    ['a name with two dots at the end', helloOf({ serverName: 'good.example..' })],
    ['a name that is a dot', helloOf({ serverName: '.' })],
    ['an empty name', helloOf({ serverName: '' })],
    ['a name that is too long', helloOf({ serverName: 'a'.repeat(256) })],
    ['an empty protocol', helloOf({ protocols: ['h2', ''] })],
  ];
  it.each(broken)('refuses %s', (_, bytes) => expect(kindOf(bytes)).toBe('malformed'));

  it('refuses an extension that comes twice: two readers could choose two names', () => {
    const one = helloOf({ serverName: 'one.example' });
    const lengthAt = 5 + 4 + 2 + 32 + 33 + 8 + 2;
    const names = one.subarray(lengthAt + 2);
    const twice = Buffer.concat([one, names]);
    for (const [at, size] of [
      [3, 2],
      [6, 3],
      [lengthAt, 2],
    ] as const) {
      twice.writeUIntBE(twice.readUIntBE(at, size) + names.length, at, size);
    }
    expect(read(twice)).toEqual({ kind: 'malformed', reason: 'an extension comes twice' });
  });

  it('says the same however the message is cut into records and segments', () => {
    const label = fc.stringMatching(/^[a-z0-9]{1,20}$/);
    const parts = fc.record({
      serverName: fc.option(
        fc.array(label, { minLength: 1, maxLength: 5 }).map((p) => p.join('.')),
      ),
      protocols: fc.array(fc.constantFrom('h2', 'http/1.1', 'acme-tls/1'), { maxLength: 3 }),
      paddingBytes: fc.constantFrom(0, 1216, 4000),
      recordBytes: fc.constantFrom(1, 2, 3, 4, 5, 100, 1400, 16_384),
    });
    fc.assert(
      fc.property(parts, fc.array(fc.nat(6000), { maxLength: 20 }), (hello, cuts) => {
        const bytes = helloOf(hello);
        if (bytes.length > HELLO_BYTES_MAX) return;
        const reader = new HelloReader();
        for (const cut of cuts.filter((at) => at < bytes.length).sort((a, b) => a - b)) {
          expect(readClientHello(bytes, 0, cut).kind).toBe('incomplete');
          expect(reader.read(bytes, 0, cut).kind).toBe('incomplete');
        }
        const { serverName, protocols } = hello;
        expect(read(bytes)).toEqual({ kind: 'hello', serverName, protocols });
        // Where the bytes lie may change from one read to the next.
        const moved = Buffer.concat([Buffer.alloc(3), bytes]);
        expect(reader.read(moved, 3, moved.length)).toEqual(read(bytes));
        const follows = Buffer.concat([bytes, Buffer.from('whatever follows')]);
        expect(read(follows)).toEqual(read(bytes));
      }),
    );
  });

  it('looks at each byte once, however many records and segments there are', () => {
    const bytes = helloOf({ serverName: 'a.example', paddingBytes: 2500, recordBytes: 1 });
    const reader = new HelloReader();
    let looked = 0;
    const counted = new Proxy(bytes, {
      get(target, key) {
        looked++;
        const value = Reflect.get(target, key, target) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    for (let end = 1; end < bytes.length; end++) {
      expect(reader.read(counted, 0, end).kind).toBe('incomplete');
    }
    expect(looked).toBeLessThan(20 * bytes.length);
  });

  it('never throws, and decides within its bound', () => {
    const flips = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(flips, fc.nat(400), fc.constantFrom(3, 7, 16_384), (changes, cut, size) => {
        const bytes = helloOf({ serverName: 'a.example', protocols: ['h2'], recordBytes: size });
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        read(bytes.subarray(0, cut));
        const filled = Buffer.concat([bytes, Buffer.alloc(HELLO_BYTES_MAX, 22)]);
        expect(kindOf(filled)).not.toBe('incomplete');
      }),
    );
  });
});
