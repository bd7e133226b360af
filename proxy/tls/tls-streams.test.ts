/** Bytes arrive in any pieces, or broken: what comes out is what went in, or an end. And nothing is left behind. */
import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { koffi } from '../../src/os/native.ts';
import { AUTHORITY } from './certificates.fixture.ts';
import { takeErrors } from './openssl-errors.ts';
import { liveSessions } from './openssl-session.ts';
import { randomTicketSecret, TicketKeys } from './tickets.ts';
import { contexts } from './tls-engine.fixture.ts';
import { TlsPair, type Way } from './tls-pair.fixture.ts';

const clientCertificates = { mode: 'optional', authorities: AUTHORITY, depth: 1 } as const;
const tickets = new TicketKeys(randomTicketSecret());
const { server, client } = contexts(
  { clientCertificates, tickets, alpn: ['h2'] },
  { alpn: ['h2'] },
);
const old = contexts({}, { maxVersion: '1.2' });
const content = randomBytes(200_000).toString('latin1');

afterAll(() => {
  for (const context of [server, client, old.server, old.client]) context.dispose();
});

/** Cuts bytes into pieces of these sizes, over and over. */
function pieces(sizes: readonly number[]): Way {
  return (bytes) => {
    const cut: Buffer[] = [];
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = sizes[turn % sizes.length]!;
      cut.push(bytes.subarray(at, at + size));
      at += size;
    }
    return cut;
  };
}

function send(from: TlsPair['client'], text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length > 0) from.write(bytes, 0, bytes.length);
}

const sizes = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40_000 })),
  {
    minLength: 1,
    maxLength: 8,
  },
);
const lengths = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 30_000 })),
  {
    maxLength: 6,
  },
);

it('passes on what was written, in whatever pieces it arrives', () => {
  fc.assert(
    fc.property(sizes, sizes, lengths, lengths, fc.boolean(), (up, down, out, back, modern) => {
      const chosen = modern ? { client, server } : old;
      const pair = new TlsPair({ client: chosen.client, choose: () => chosen.server });
      pair.exchange(pieces(up), pieces(down));
      expect(pair.told).toBe('secured');
      for (const length of out) send(pair.client, content.slice(0, length));
      for (const length of back) send(pair.server, content.slice(-length - 1));
      pair.client.end();
      pair.exchange(pieces(up), pieces(down));
      expect(pair.serverEnd.received).toBe(out.map((length) => content.slice(0, length)).join(''));
      expect(pair.clientEnd.received).toBe(
        back.map((length) => content.slice(-length - 1)).join(''),
      );
      expect(pair.serverEnd.events).toEqual(['end']);
      pair.server.end();
      pair.exchange(pieces(up), pieces(down));
      expect(pair.clientEnd.events).toEqual(['connect', 'end', 'close']);
      pair.drop();
      expect(pair.serverEnd.events).toEqual(['end', 'close']);
      expect(liveSessions()).toBe(0);
    }),
    { numRuns: 40 },
  );
});

/** Bytes that are changed, cut off or made up, from a certain one on. */
interface Damage {
  readonly at: number;
  readonly kind: 'flip' | 'cut' | 'insert';
  readonly bytes: Uint8Array;
}

const damages = fc.record<Damage>({
  at: fc.integer({ min: 0, max: 6000 }),
  kind: fc.constantFrom('flip', 'cut', 'insert'),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 100 }),
});

function damaged({ at, kind, bytes: garbage }: Damage): Way {
  let passed = 0;
  return (bytes) => {
    const place = at - passed;
    passed += bytes.length;
    if (place < 0 || place >= bytes.length) return [bytes];
    if (kind === 'cut') return [bytes.subarray(0, place)];
    if (kind === 'insert')
      return [bytes.subarray(0, place), Buffer.from(garbage), bytes.subarray(place)];
    const changed = Buffer.from(bytes);
    for (let index = 0; index < garbage.length && place + index < changed.length; index++) {
      changed[place + index]! ^= garbage[index]!;
    }
    return [changed];
  };
}

/** A connection whose bytes are damaged on one way, to its end. */
function suffer(damage: Damage, upwards: boolean): void {
  const pair = new TlsPair({ client, choose: () => server });
  const way = damaged(damage);
  const whole: Way = (bytes) => [bytes];
  const carry = () => pair.exchange(upwards ? way : whole, upwards ? whole : way);
  carry();
  if (pair.client.tls !== null) send(pair.client, content.slice(0, 3000));
  if (pair.server.tls !== null) send(pair.server, content.slice(0, 3000));
  carry();
  // What comes through is the beginning of what was sent.
  expect(content.startsWith(pair.serverEnd.received)).toBe(true);
  expect(content.startsWith(pair.clientEnd.received)).toBe(true);
  pair.drop();
  for (const { events } of [pair.clientEnd, pair.serverEnd]) {
    expect(events.filter((event) => event === 'close').length).toBeLessThanOrEqual(1);
  }
  expect(pair.clientEnd.events.at(-1)).toBe('close');
  expect(liveSessions()).toBe(0);
  expect(takeErrors()).toEqual([]);
}

it('ends a connection whose bytes are damaged, and frees it', () => {
  fc.assert(fc.property(damages, fc.boolean(), suffer), { numRuns: 150 });
});

it('frees all native memory of connections, whatever became of them', async () => {
  const inputs = fc.sample(fc.tuple(damages, fc.boolean()), { numRuns: 80, seed: 7 });
  const used: number[] = [];
  for (let round = 0; round <= 2 * ROUNDS; round++) {
    for (const [damage, upwards] of inputs) suffer(damage, upwards);
    await collectGarbage();
    used.push(nativeBytes());
  }
  // The first round fills caches. Node itself gives and takes a megabyte in any other: the least of
  // many has none of that, and all that leaked until then.
  const before = Math.min(...used.slice(1, 1 + ROUNDS));
  const after = Math.min(...used.slice(1 + ROUNDS));
  // An SSL object with its handshake is more than 10 KiB: one of ten connections would show.
  expect(after - before).toBeLessThan(ROUNDS * inputs.length * 1024);
}, 60_000);

const ROUNDS = 12;

/** Bytes in use in malloc's arenas. */
function nativeBytes(): number {
  const native = koffi();
  const fields = [
    'arena',
    'ordblks',
    'smblks',
    'hblks',
    'hblkhd',
    'usmblks',
    'fsmblks',
    'uordblks',
  ];
  const rest = ['fordblks', 'keepcost'];
  const type = native.struct(
    Object.fromEntries([...fields, ...rest].map((name) => [name, 'size_t'])),
  );
  const mallinfo2 = native.load(null).func('mallinfo2', type, []);
  return Number((mallinfo2() as { uordblks: number }).uordblks);
}

/** Twice: what is found at first is freed by another thread. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  await new Promise((resolve) => setTimeout(resolve, 5));
  collect();
}
