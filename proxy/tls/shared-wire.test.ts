/** All sessions of a thread have their bytes for the wire in one place: nobody may be sent another's. */
import { afterAll, expect, it } from 'vitest';
import { contexts } from './tls-engine.fixture.ts';
import { TlsPair } from './tls-pair.fixture.ts';

const { server, client } = contexts();
afterAll(() => {
  server.dispose();
  client.dispose();
});

const MINE = Buffer.from('what was composed');
const YOURS = Buffer.from('what was written');

/** One side has something composed, which it writes when somebody else needs the memory. */
function composing(): TlsPair {
  const pair = new TlsPair({ client, choose: () => server }).exchange();
  pair.engine.compose(MINE.length, {
    flush: () => void pair.client.write(MINE, 0, MINE.length),
  });
  return pair;
}

it('a write does not send what another connection composes', () => {
  const pair = composing();
  pair.server.write(YOURS, 0, YOURS.length);
  pair.exchange();
  expect(pair.clientEnd.received).toBe('what was written');
  expect(pair.serverEnd.received).toBe('what was composed');
  pair.drop();
});

it('nor does an end', () => {
  const pair = composing();
  pair.server.end();
  pair.exchange();
  expect(pair.clientEnd.events).toContain('end');
  expect(pair.serverEnd.received).toBe('what was composed');
  pair.drop();
});

it('nor does a handshake', () => {
  const pair = composing();
  const other = new TlsPair({ client, choose: () => server }, pair.engine);
  other.exchange();
  pair.exchange();
  expect(other.told).toBe('secured');
  expect(pair.serverEnd.received).toBe('what was composed');
  other.drop();
  pair.drop();
});
