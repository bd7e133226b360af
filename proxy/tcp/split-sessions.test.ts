import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import {
  proxyConfig,
  startPlane,
  TCP_LIMITS,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { type MemoryConnection, MemoryEngine } from '../io/memory-engine.fixture.ts';
import { encodeVersion1 } from '../proxy-protocol/version-1.ts';
import { encodeVersion2 } from '../proxy-protocol/version-2.ts';
import { helloOf } from '../tls-hello/client-hello.fixture.ts';

const CLIENT = {
  source: '198.51.100.7',
  sourcePort: 51_234,
  destination: '198.51.100.100',
  destinationPort: 443,
};

const engine = new MemoryEngine();
const proxy: TestPlane = (() => {
  const [web, rest] = [
    upstreamConfig([9], { sendProxy: 'v2_crc32c' }),
    upstreamConfig([10], { name: 'rest', sendProxy: 'v2_crc32c' }),
  ];
  const acceptProxy = {
    from: [{ address: '192.0.2.0', prefixLength: 24 }],
    timeoutMs: 1000,
    others: 'refuse',
  } as const;
  const tcp = {
    upstream: 'rest',
    routes: [{ names: ['web.example'], protocols: [], upstream: 'web' }],
    limits: { ...TCP_LIMITS, helloTimeoutMs: 1000 },
  };
  const config = proxyConfig(web!, { protocol: 'tcp', acceptProxy, tcp });
  return startPlane({ ...config, upstreams: [web!, rest!] }, engine);
})();

afterAll(() => proxy.close());

/** Cuts bytes at these places. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b);
  const ends = [...places.filter((place) => place > 0), bytes.length];
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1]!, end));
}

const header = fc.constantFrom(
  encodeVersion1(CLIENT),
  encodeVersion2(CLIENT, false),
  encodeVersion2(CLIENT, true),
);
const opening = fc.constantFrom(
  helloOf({ serverName: 'web.example', protocols: ['h2'] }),
  helloOf({ serverName: 'web.example', paddingBytes: 2500, recordBytes: 400 }),
  helloOf({ serverName: 'other.example' }),
  Buffer.from('SSH-2.0-client\r\n'),
);
const session = fc.record({
  header,
  opening,
  payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  cuts: fc.array(fc.nat(4000), { maxLength: 12 }),
  slow: fc.boolean(),
  /** The server accepts only when all is said. */
  late: fc.boolean(),
});

it('header, hello and all that follows arrive complete, however they are cut', () => {
  fc.assert(
    fc.property(session, ({ header, opening, payload, cuts, slow, late }) => {
      const said = Buffer.concat([opening, payload]);
      const origins: MemoryConnection[] = [];
      engine.slow = slow;
      engine.onOutgoing = (origin) => {
        origins.push(origin);
        origin.onSent = () => {
          if (origin.state === 'ended') origin.arrive(Buffer.from('good bye'), 'end');
        };
        if (!late) origin.establish();
      };
      const client = engine.accept();
      client.arrive(...pieces(Buffer.concat([header, said]), cuts));
      engine.settle();
      if (late) for (const origin of origins) origin.establish();
      client.arrive('end');
      engine.settle();
      expect(origins.length).toBe(1);
      const told = encodeVersion2(CLIENT, true).toString('latin1');
      expect(origins[0]!.sent).toBe(told + said.toString('latin1'));
      expect(client.sent).toBe('good bye');
      expect([client.state, origins[0]!.state]).toEqual(['closed', 'closed']);
      expect(engine.open).toBe(0);
      const { accepted, closed, open, proxyRefused, tlsRefused } = proxy.listener();
      expect({ open, proxyRefused, tlsRefused }).toEqual({
        open: 0,
        proxyRefused: 0,
        tlsRefused: 0,
      });
      expect(closed).toBe(accepted);
      expect(proxy.server(9).inFlight).toBe(0);
    }),
  );
});

it('what ends in the middle of its beginning ends once, and leaves nothing', () => {
  const ending = fc.constantFrom('end', 'reset', 'time' as const);
  fc.assert(
    fc.property(session, ending, fc.nat(4000), ({ header, cuts, slow }, how, place) => {
      // Of a hello that is never complete.
      const beginning = Buffer.concat([header, helloOf({ paddingBytes: 2500 }).subarray(0, 2000)]);
      const begun = beginning.subarray(0, 1 + (place % (beginning.length - 1)));
      const before = proxy.listener();
      engine.slow = slow;
      engine.onOutgoing = () => expect.unreachable('there is nothing to connect for');
      const client = engine.accept();
      client.arrive(...pieces(begun, cuts));
      if (how !== 'time') client.arrive(how);
      engine.settle();
      if (how === 'time') engine.pass(3000);
      expect(engine.open).toBe(0);
      const after = proxy.listener();
      expect(after.closed - before.closed).toBe(1);
      expect(after.open).toBe(0);
    }),
  );
});
