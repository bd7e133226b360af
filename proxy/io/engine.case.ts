/** What every engine must do, over real sockets. Run against each in engines.test.ts. */
import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  closeDescriptor,
  duplicateDescriptor,
  openListenSocket,
  stopArrivals,
} from '../../src/os/listen-socket.ts';
import { RawOrigin, RawPeer, rawClient } from '../raw-peers.fixture.ts';
import type { Connection, IoEngine, Listener } from './engine.ts';
import { BACKLOG_BYTES_MAX, OUTGOING_BYTES, READ_BYTES_MAX } from './limits.ts';
import { Recorder } from './recorder.fixture.ts';

/** Who is at the other end of the engine's connections. */
export interface Peers {
  connect(port: number): Promise<RawPeer>;
  listen(): Promise<RawOrigin>;
}

/** They speak as the engine does. */
const PLAIN: Peers = { connect: rawClient, listen: () => RawOrigin.listen() };

let engine: IoEngine;
let peers: Peers;
let listener: Listener;
let socket: { readonly fd: number; readonly port: number };
let accepted: Recorder[];
let wanted: ((recorder: Recorder) => void)[];
let errors: string[];

/** A client and the engine's side of its connection. */
async function accept(): Promise<{ client: RawPeer; server: Recorder }> {
  const arrived = new Promise<Recorder>((resolve) => wanted.push(resolve));
  const client = await peers.connect(socket.port);
  return { client, server: await arrived };
}

function send(connection: Connection, text: string): boolean {
  const bytes = engine.outgoing(text.length);
  return connection.write(bytes, 0, bytes.write(text, 'latin1'));
}

/** The suite. `create` makes a fresh engine. */
export function engineSuite(create: () => IoEngine): void {
  connectionSuite(create, PLAIN);
  accepting();
}

/** What has to do with connections, whatever is spoken on them. */
export function connectionSuite(create: () => IoEngine, others: Peers): void {
  beforeEach(() => {
    peers = others;
    engine = create();
    accepted = [];
    wanted = [];
    errors = [];
    const options = { host: '127.0.0.1', port: 0, backlog: 64, freeBind: false, reusePort: false };
    socket = openListenSocket(options);
    listener = engine.listen(duplicateDescriptor(socket.fd), {
      onConnection(connection) {
        const recorder = new Recorder();
        recorder.connection = connection;
        connection.handler = recorder;
        accepted.push(recorder);
        wanted.shift()?.(recorder);
      },
      onError: (code) => errors.push(code),
    });
  });

  afterEach(async () => {
    stopArrivals(socket.fd);
    await listener.finish();
    closeDescriptor(socket.fd);
    for (const { connection } of accepted) connection.reset();
    engine.close();
    expect(errors).toEqual([]);
  });
  basics();
  endings();
  backPressure();
  connecting();
  order();
  memory();
}

function basics(): void {
  it('reads and writes in order', async () => {
    const { client, server } = await accept();
    client.send('hello');
    await vi.waitFor(() => expect(server.received).toBe('hello'));
    send(server.connection, 'one ');
    send(server.connection, 'two');
    await client.has('one two');
  });

  it('knows both addresses', async () => {
    const { client, server } = await accept();
    expect(server.connection).toMatchObject({
      remoteAddress: '127.0.0.1',
      remotePort: client.socket.localPort,
      localAddress: '127.0.0.1',
      localPort: socket.port,
    });
  });
}

function endings(): void {
  it('hears an end and goes on writing', async () => {
    const { client, server } = await accept();
    client.send('last words');
    client.socket.end();
    await vi.waitFor(() => expect(server.events).toEqual(['end']));
    expect(server.received).toBe('last words');
    send(server.connection, 'answer');
    server.connection.end();
    expect(await client.end()).toBe('answer');
    await vi.waitFor(() => expect(server.events).toEqual(['end', 'close']));
    expect(server.errorCode).toBeNull();
  });

  it('ends and goes on reading', async () => {
    const { client, server } = await accept();
    server.connection.end();
    await client.end();
    client.send('still here');
    await vi.waitFor(() => expect(server.received).toBe('still here'));
    expect(server.events).toEqual([]);
  });

  it('sends all that was written before it closes', async () => {
    const { client, server } = await accept();
    const bytes = Buffer.alloc(1_000_000, 'x');
    server.connection.write(bytes, 0, bytes.length);
    server.connection.close();
    expect((await client.end()).length).toBe(bytes.length);
    client.socket.end();
    await vi.waitFor(() => expect(server.events).toEqual(['close']));
  });

  it('resets so that the peer can tell', async () => {
    const { client, server } = await accept();
    send(server.connection, 'x');
    await client.has('x');
    server.connection.reset();
    expect(await client.closed()).toBe('ECONNRESET');
    await vi.waitFor(() => expect(server.events).toEqual(['close']));
  });

  it('is told of a reset', async () => {
    const { client, server } = await accept();
    client.socket.resetAndDestroy();
    await vi.waitFor(() => expect(server.events).toEqual(['close']));
    expect(server.errorCode).toBe('ECONNRESET');
  });

  it('is told of a reset while it is writing', async () => {
    const { client, server } = await accept();
    client.socket.pause();
    const bytes = Buffer.alloc(READ_BYTES_MAX);
    while (server.connection.write(bytes, 0, bytes.length));
    client.socket.resetAndDestroy();
    await vi.waitFor(() => expect(server.events.at(-1)).toBe('close'));
    expect(server.errorCode).toMatch(/^(ECONNRESET|EPIPE)$/);
  });
}

function backPressure(): void {
  it('says when to stop for a slow reader, and when to go on', async () => {
    const { client, server } = await accept();
    client.socket.pause();
    const bytes = Buffer.alloc(10_000, 'x');
    let sent = 0;
    let room = true;
    while (room) {
      room = server.connection.write(bytes, 0, bytes.length);
      sent += bytes.length;
    }
    expect(server.connection.unsentBytes).toBeGreaterThan(0);
    expect(server.connection.unsentBytes).toBeLessThanOrEqual(BACKLOG_BYTES_MAX + bytes.length);
    client.socket.resume();
    await vi.waitFor(() => expect(server.events).toContain('drain'));
    expect(server.connection.unsentBytes).toBe(0);
    await client.until((received) => received.length === sent);
  });

  it('stops reading when told, so that the peer cannot send on', async () => {
    const { client, server } = await accept();
    server.connection.pause();
    const bytes = Buffer.alloc(1 << 20);
    while (client.socket.write(bytes) || client.socket.writableLength < 8 * bytes.length);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(client.socket.writableLength).toBeGreaterThan(0);
    expect(server.received.length).toBeLessThanOrEqual(READ_BYTES_MAX);
    server.also = () => {
      server.received = '';
    };
    server.connection.resume();
    await vi.waitFor(() => expect(client.socket.writableLength).toBe(0));
  });
}

function connecting(): void {
  it('connects, or says why not', async () => {
    const origin = await peers.listen();
    const recorder = new Recorder();
    const { port } = origin;
    recorder.connection = engine.connect({ host: '127.0.0.1', port }, recorder);
    expect(recorder.events).toEqual([]);
    const peer = await origin.connection();
    await vi.waitFor(() => expect(recorder.events).toEqual(['connect']));
    send(recorder.connection, 'hi');
    await peer.has('hi');
    peer.send('ho');
    await vi.waitFor(() => expect(recorder.received).toBe('ho'));
    recorder.connection.reset();
    expect(await peer.closed()).toBe('ECONNRESET');
    origin.close();
    const refused = new Recorder();
    await vi.waitFor(() => expect(origin.server.listening).toBe(false));
    engine.connect({ host: '127.0.0.1', port }, refused);
    await vi.waitFor(() => expect(refused.events).toEqual(['close']));
    expect(refused.errorCode).toBe('ECONNREFUSED');
  });

  it('gives a connection up while it is being established', async () => {
    const full = openListenSocket({
      host: '127.0.0.1',
      port: 0,
      backlog: 1,
      freeBind: false,
      reusePort: false,
    });
    const waiting = await Promise.all([rawClient(full.port), rawClient(full.port)]);
    const recorder = new Recorder();
    const connection = engine.connect({ host: '127.0.0.1', port: full.port }, recorder);
    connection.reset();
    await vi.waitFor(() => expect(recorder.events).toEqual(['close']));
    for (const { socket: other } of waiting) other.destroy();
    closeDescriptor(full.fd);
  });
}

function order(): void {
  it('closes after an end, one way or the other', async () => {
    const { client, server } = await accept();
    server.connection.end();
    // What is spoken may have a word of its own for the end.
    const { connection } = server;
    if (connection.unsentBytes > 0) await vi.waitFor(() => expect(connection.unsentBytes).toBe(0));
    connection.reset();
    expect(await client.end()).toBe('');
    const slow = await accept();
    slow.client.socket.pause();
    const bytes = Buffer.alloc(READ_BYTES_MAX);
    while (slow.server.connection.write(bytes, 0, bytes.length));
    slow.server.connection.end();
    slow.server.connection.reset();
    slow.client.socket.resume();
    expect(await slow.client.closed()).toBe('ECONNRESET');
    await vi.waitFor(() => expect(slow.server.events).toEqual(['close']));
    await vi.waitFor(() => expect(server.events).toEqual(['close']));
  });

  it('calls nobody from within a call', async () => {
    const { client, server } = await accept();
    let inside = false;
    const seen: string[] = [];
    const check = (what: string) => () => {
      seen.push(what);
      expect(inside).toBe(false);
    };
    Object.assign(server, {
      onEnd: check('end'),
      onDrain: check('drain'),
      onClose: check('close'),
    });
    client.socket.end();
    inside = true;
    send(server.connection, 'x');
    server.connection.pause();
    server.connection.resume();
    server.connection.end();
    server.connection.reset();
    inside = false;
    await vi.waitFor(() => expect(seen).toContain('close'));
  });
}

function memory(): void {
  it('forwards what it reads without mixing connections up', async () => {
    // Every stream goes through the engine's shared memory, some to slow readers.
    const streams = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        const from = await accept();
        const to = await accept();
        const source = from.server.connection;
        const sink = to.server.connection;
        from.server.received = '';
        from.server.also = (bytes, start, end) => {
          from.server.received = '';
          if (!sink.write(bytes, start, end)) source.pause();
        };
        to.server.onDrain = () => source.resume();
        return { from: from.client, to: to.client, source, sink, index };
      }),
    );
    await Promise.all(
      streams.map(async ({ from, to, index, source, sink }) => {
        const content = randomBytes(2_000_000 + index * 333_333);
        const digest = createHash('sha256');
        let length = 0;
        to.socket.removeAllListeners('data');
        to.socket.on('data', (bytes) => {
          digest.update(bytes);
          length += bytes.length;
          if (index % 2 === 0) {
            to.socket.pause();
            setTimeout(() => to.socket.resume(), 1);
          }
        });
        // Pieces of all sizes, so that reads are small and large.
        for (let at = 0; at < content.length; ) {
          const piece = content.subarray(at, at + 1 + ((at * 7919) % 150_000));
          at += piece.length;
          if (!from.socket.write(piece)) {
            await new Promise((resolve) => from.socket.once('drain', resolve));
          }
        }
        await vi.waitFor(() => expect(length).toBe(content.length), { timeout: 15_000 });
        expect(digest.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
        source.reset();
        sink.reset();
      }),
    );
  });

  it('lends memory to compose in that a slow write keeps', async () => {
    const { client, server } = await accept();
    client.socket.pause();
    let expected = 0;
    let fill = 0;
    let room = true;
    const digest = createHash('sha256');
    while (room) {
      const bytes = engine.outgoing(OUTGOING_BYTES);
      bytes.fill(fill++ & 0xff, 0, OUTGOING_BYTES);
      digest.update(bytes.subarray(0, OUTGOING_BYTES));
      room = server.connection.write(bytes, 0, OUTGOING_BYTES);
      expected += OUTGOING_BYTES;
    }
    engine.outgoing(OUTGOING_BYTES).fill(0xee);
    const seen = createHash('sha256');
    let length = 0;
    client.socket.removeAllListeners('data');
    client.socket.on('data', (bytes) => {
      seen.update(bytes);
      length += bytes.length;
    });
    client.socket.resume();
    await vi.waitFor(() => expect(length).toBe(expected));
    expect(seen.digest('hex')).toBe(digest.digest('hex'));
  });
}

function accepting(): void {
  it('accepts what waits before it stops listening', async () => {
    const clients = Array.from({ length: 20 }, () => net.connect(socket.port, '127.0.0.1'));
    const peers = clients.map((client) => new RawPeer(client));
    await Promise.all(clients.map((client) => new Promise((done) => client.once('connect', done))));
    stopArrivals(socket.fd);
    await listener.finish();
    expect(accepted).toHaveLength(clients.length);
    for (const { connection } of accepted) send(connection, 'served');
    await Promise.all(peers.map((peer) => peer.has('served')));
    for (const client of clients) client.destroy();
  });

  it('knows which address was reached where any is accepted', async () => {
    const anywhere = { host: '0.0.0.0', port: 0, backlog: 8, freeBind: false, reusePort: false };
    const open = openListenSocket(anywhere);
    const arrived = Promise.withResolvers<Connection>();
    engine.listen(open.fd, { onConnection: arrived.resolve, onError: (code) => errors.push(code) });
    const client = net.connect(open.port, '127.0.0.2');
    const { localAddress, localPort } = await arrived.promise;
    expect({ localAddress, localPort }).toEqual({
      localAddress: '127.0.0.2',
      localPort: open.port,
    });
    client.destroy();
  });
}
