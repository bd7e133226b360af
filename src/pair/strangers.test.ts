/** Who is not the peer, or does not behave, is turned away, counted, and harms nothing. */
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { encodeFrame } from './frames.ts';
import { frameBytesMax, greetingsPendingMax } from './limits.ts';
import { dialKey } from './pair-keys.ts';
import type { PairLink } from './pair-link.ts';
import { secureDial } from './secure-socket.ts';
import { desk, end, freePort, HERE, reportOf, SECRET, THERE } from './two-agents.case.ts';

/** A certificate of nobody's, for a server that has no pre-shared key. */
const CERTIFICATE = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9UK/LR78HfFOpt7D
HH7JF46w6LKoyxzYxWUd0/ZbmX+hRANCAAT1ZCWMek29sDa4CTgqfyu54v4TZSX+
h74SLnM6Lzn4pVxgUyeYIeQDdelyTRE4KuJ/WarGcVdqTQao10X0z7v9
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBeDCCAR+gAwIBAgIUMxlel/Tw3PVrMF+QHz41GhFoTIEwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGZWRnZS1iMCAXDTI2MTEyMTEwMzAzOVoYDzIxMjYxMDI4MTAz
MDM5WjARMQ8wDQYDVQQDDAZlZGdlLWIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAT1ZCWMek29sDa4CTgqfyu54v4TZSX+h74SLnM6Lzn4pVxgUyeYIeQDdelyTRE4
KuJ/WarGcVdqTQao10X0z7v9o1MwUTAdBgNVHQ4EFgQUrV9qMcfYQ0Vvzh6HXp4a
ajJrRfUwHwYDVR0jBBgwFoAUrV9qMcfYQ0Vvzh6HXp4aajJrRfUwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAiOcCK0du3AylqGemdEy1lzY9gfKnY
QsML7AT9+BUrbAIgFYcX08nUfe78px7TBv53KpJc7+otBeqBMLUbdwgMQUs=
-----END CERTIFICATE-----`,
};

let port = 0;
let a: ReturnType<typeof end>;
const links: PairLink[] = [];
const closing: (() => void)[] = [];

beforeEach(async () => {
  port = await freePort();
  a = end('edge-a', port);
  links.push(a.link);
  a.link.serve(desk(reportOf(200)));
});

afterEach(() => {
  for (const link of links.splice(0)) link.close();
  for (const close of closing.splice(0)) close();
});

const soon = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });
const path = () => a.link.status().paths[0]!;

/** A connection to edge-a's listener from an address. */
async function dialFrom(localAddress: string): Promise<net.Socket> {
  const socket = net.connect({ host: HERE, port, localAddress });
  closing.push(() => socket.destroy());
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** The peer's end, made by hand. */
async function dialAsPeer() {
  const socket = secureDial(await dialFrom(THERE), dialKey(SECRET, 'edge-b', 'edge-a'));
  closing.push(() => socket.destroy());
  socket.on('error', () => {});
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  return { socket, said: () => Buffer.concat(chunks).toString() };
}

const hello = {
  t: 'hello',
  protocol: 1,
  node: 'edge-b',
  instance: 'by hand',
  version: '1.0.0',
  digest: 'd1',
  clockMs: 1_000_000,
};

/** A server on the peer's address. */
async function listenThere(server: net.Server): Promise<void> {
  closing.push(() => server.close());
  await new Promise<void>((resolve) => server.listen({ host: THERE, port }, resolve));
}

test('another address is turned away before it can say a word', async () => {
  a.link.start();
  const socket = await dialFrom('127.0.0.9');
  await new Promise((resolve) => socket.once('close', resolve));
  expect(path().statistics.turnedAway).toBe(1);
});

test('connections that say nothing are few', async () => {
  a.link.start();
  const sockets = await Promise.all([THERE, THERE, THERE, THERE].map(dialFrom));
  await soon(() => {
    expect(path().statistics.turnedAway).toBe(sockets.length - greetingsPendingMax);
  });
});

test('bytes that are no TLS are refused and counted', async () => {
  a.link.start();
  const socket = await dialFrom(THERE);
  socket.write('GET / HTTP/1.0\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve));
  expect(path().statistics.refused).toBe(1);
});

test('a server with a certificate in place of the key is not the peer', async () => {
  const tlsServer = tls.createServer({ ...CERTIFICATE }, () => {});
  tlsServer.on('tlsClientError', () => {});
  await listenThere(tlsServer);
  a.link.start();
  await soon(() => {
    const { secretRefused, refused } = path().statistics;
    expect(secretRefused + refused).toBeGreaterThan(0);
  });
  expect(a.link.status()).toMatchObject({ connected: false, node: null });
});

test('a connection that is sent back to where it came from is not the peer', async () => {
  const mirror = net.createServer((from) => {
    const back = net.connect({ host: HERE, port, localAddress: THERE });
    for (const socket of [from, back]) socket.on('error', () => {});
    from.pipe(back).pipe(from);
    closing.push(() => {
      from.destroy();
      back.destroy();
    });
  });
  await listenThere(mirror);
  a.link.start();
  await soon(() => expect(path().statistics.secretRefused).toBeGreaterThan(0));
  expect(a.link.status()).toMatchObject({ connected: false, node: null });
});

test('a version that speaks another language is told so', async () => {
  a.link.start();
  const { socket, said } = await dialAsPeer();
  socket.write(encodeFrame({ t: 'hello', protocol: 7, more: {} }));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(said()).toContain('do not understand each other (pair protocol 7 and 1)');
  expect(path().trouble).toContain('update the older one');
  expect(path().statistics.refused).toBe(1);
});

test('what a newer version says beyond this one is counted and ignored', async () => {
  a.link.start();
  const { socket } = await dialAsPeer();
  socket.write(encodeFrame(hello));
  socket.write(encodeFrame({ t: 'handover', step: 'propose' }));
  await soon(() => {
    expect(a.link.status().connected).toBe(true);
    expect(path().statistics.messagesIgnored).toBe(1);
  });
});

test('nothing is answered before the greeting', async () => {
  a.link.start();
  const { socket } = await dialAsPeer();
  const question = { type: 'holder', router: 'web' };
  socket.write(encodeFrame({ t: 'ask', id: 1, question }));
  await soon(() => expect(path().statistics.messagesIgnored).toBe(1));
  expect(a.link.status().questions.served).toBe(0);
});

test('a message that is too large ends the connection', async () => {
  a.link.start();
  const { socket } = await dialAsPeer();
  socket.write(encodeFrame(hello));
  await soon(() => expect(a.link.status().connected).toBe(true));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(frameBytesMax + 1);
  socket.write(head);
  await new Promise((resolve) => socket.once('close', resolve));
  expect(path().trouble).toContain('the peer sent a message of');
});

test('another node with the right secret is not the peer', async () => {
  a.link.start();
  const { socket, said } = await dialAsPeer();
  socket.write(encodeFrame({ ...hello, node: 'edge-c' }));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(said()).toContain('it calls itself edge-c, and edge-b was expected');
});
