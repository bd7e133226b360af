/** What comes while nobody wants it: with the handshake, before the handler goes on. */
import { afterEach, expect, it } from 'vitest';
import { liveSessions } from './openssl-session.ts';
import { contexts } from './tls-engine.fixture.ts';
import { TlsPair } from './tls-pair.fixture.ts';

const { server, client } = contexts();
let pair: TlsPair;

afterEach(() => {
  pair.drop();
  expect(liveSessions()).toBe(0);
});

/** The client speaks as soon as it may; the server's end wants nothing yet. */
function begin(): void {
  pair = new TlsPair({ client, choose: () => server });
  const words = Buffer.from('first words');
  pair.clientEnd.onConnect = () => {
    pair.client.write(words, 0, words.length);
  };
  pair.server.pause();
  pair.exchange();
  expect(pair.told).toBe('secured');
}

/** Lets what was asked for happen in a turn of its own. */
async function settle(): Promise<void> {
  await Promise.resolve();
  pair.engine.settle();
}

it('keeps it, and hands it over in a turn of its own', async () => {
  begin();
  expect(pair.serverEnd.received).toBe('');
  pair.server.resume();
  expect(pair.serverEnd.received).toBe('');
  await settle();
  expect(pair.serverEnd.received).toBe('first words');
});

it('tells of the end after it', async () => {
  begin();
  pair.server.onEnd();
  expect(pair.serverEnd.events).toEqual([]);
  pair.server.resume();
  await settle();
  expect(pair.serverEnd.received).toBe('first words');
  expect(pair.serverEnd.events).toEqual(['end']);
});

it('forgets it when the connection is given up', async () => {
  begin();
  pair.server.resume();
  pair.server.reset();
  await settle();
  expect(pair.serverEnd.received).toBe('');
  expect(pair.serverEnd.events).toEqual(['close']);
});

it('goes on keeping it when the handler changes its mind', async () => {
  begin();
  pair.server.resume();
  pair.server.pause();
  await settle();
  expect(pair.serverEnd.received).toBe('');
  pair.server.resume();
  await settle();
  expect(pair.serverEnd.received).toBe('first words');
});
