/** What happens when a queue of the ring is full, and who else gets a turn while it is busy. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  closeDescriptor,
  duplicateDescriptor,
  openListenSocket,
} from '../../../src/os/listen-socket.ts';
import { type RawPeer, rawClient } from '../../raw-peers.fixture.ts';
import { Deadline } from '../deadline-queue.ts';
import type { Connection, ConnectionHandler } from '../engine.ts';
import { IGNORING } from '../ignoring.ts';
import { uringRefusal } from './detect.ts';
import { ROUNDS_MAX, SLOTS_MAX } from './limits.ts';
import { UringEngine } from './uring-engine.ts';

const refusal = uringRefusal();
const unless = refusal === null ? '' : `, not here: ${refusal}`;

let engine: UringEngine;
let socket: { readonly fd: number; readonly port: number };
let accepted: Connection[];

function serve(treat: (connection: Connection) => Partial<ConnectionHandler>): void {
  engine.listen(duplicateDescriptor(socket.fd), {
    onConnection(connection) {
      accepted.push(connection);
      connection.handler = { ...IGNORING, ...treat(connection) };
    },
    onError: (code) => expect.fail(code),
  });
}

async function clients(count: number): Promise<RawPeer[]> {
  const peers = await Promise.all(Array.from({ length: count }, () => rawClient(socket.port)));
  await vi.waitFor(() => expect(accepted).toHaveLength(count));
  return peers;
}

function say(connection: Connection, text: string): boolean {
  const bytes = engine.outgoing(text.length);
  return connection.write(bytes, 0, bytes.write(text, 'latin1'));
}

function start(submissionsMax: number, completionsMax: number): void {
  engine = new UringEngine({ checked: true, submissionsMax, completionsMax });
}

describe.skipIf(refusal !== null)(`a ring that is full${unless}`, () => {
  beforeEach(() => {
    accepted = [];
    const options = { host: '127.0.0.1', port: 0, backlog: 512, freeBind: false, reusePort: false };
    socket = openListenSocket(options);
  });

  afterEach(() => {
    engine.close();
    closeDescriptor(socket.fd);
  });

  it('sends nobody what is somebody else’s', async () => {
    start(4, 64);
    serve(() => ({}));
    const peers = await clients(20);
    // Of several pieces each, all in one turn: what the entries point to is used again and again.
    for (const connection of accepted) {
      for (const part of ['for ', `${connection.remotePort}`, '.']) say(connection, part);
    }
    await Promise.all(
      peers.map(async (peer) => {
        await peer.until((received) => received.endsWith('.'));
        expect(peer.received).toBe(`for ${peer.socket.localPort}.`);
      }),
    );
    for (const peer of peers) peer.socket.destroy();
  });

  it('loses no completion that it had no room for', async () => {
    start(64, 64);
    serve((connection) => ({
      onData: (bytes, from, to) => void connection.write(bytes, from, to),
      onEnd: () => connection.close(),
    }));
    const peers = await clients(200);
    for (let round = 0; round < 3; round++) {
      for (const peer of peers) peer.send(`${round}`);
      await Promise.all(peers.map((peer) => peer.has(`${round}`)));
    }
    for (const peer of peers) peer.socket.end();
    await Promise.all(peers.map((peer) => peer.closed()));
    await vi.waitFor(() => expect(engine.operations.outstanding).toBe(1));
  });

  it('has buffers left when slow readers are sent many small messages', async () => {
    start(1024, 8192);
    serve(() => ({}));
    const peers = await clients(30);
    for (const peer of peers) peer.socket.pause();
    const filling = Buffer.alloc(8 << 20);
    for (const connection of accepted) connection.write(filling, 0, filling.length);
    for (let message = 0; message < 100; message++) {
      for (const connection of accepted) say(connection, 'small');
    }
    expect(engine.arena.free).toBeGreaterThan(SLOTS_MAX / 8);
    for (const peer of peers) peer.socket.resetAndDestroy();
  });

  it('keeps little of what many senders send whom nobody reads', async () => {
    start(1024, 8192);
    serve((connection) => ({ onData: () => connection.pause() }));
    const peers = await clients(200);
    const flood = Buffer.alloc(4 << 20);
    const before = process.memoryUsage().arrayBuffers;
    for (const peer of peers) peer.socket.write(flood);
    await new Promise((resolve) => setTimeout(resolve, 500));
    // A read or two of each, and what filled the buffers before they were few.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
    for (const peer of peers) peer.socket.resetAndDestroy();
  });

  it('lets the event loop have its turn when promises bring about the next turn', async () => {
    start(1024, 8192);
    let rallies = 0;
    let over = false;
    // A rally within this thread, as long as it takes.
    const play = (connection: Connection): Partial<ConnectionHandler> => ({
      async onData() {
        await null;
        if (!over && ++rallies < 50_000) say(connection, 'x');
      },
    });
    serve(play);
    const handler = { ...IGNORING };
    const other = engine.connect({ host: '127.0.0.1', port: socket.port }, handler);
    Object.assign(handler, play(other), { onConnect: () => say(other, 'x') });
    await vi.waitFor(() => expect(rallies).toBeGreaterThan(100));
    await new Promise((resolve) => setTimeout(resolve, 1));
    over = true;
    expect(rallies).toBeLessThan(50_000);
  });

  it('has one turn for each of the event loop, however often it is woken', async () => {
    start(1024, 8192);
    let moves = 0;
    const echo = (connection: Connection) => ({
      onData(bytes: Buffer, from: number, to: number) {
        moves++;
        connection.write(bytes, from, to);
      },
    });
    serve(echo);
    const balls: Connection[] = [];
    for (let ball = 0; ball < 20; ball++) {
      const handler = { ...IGNORING };
      const other = engine.connect({ host: '127.0.0.1', port: socket.port }, handler);
      Object.assign(handler, echo(other), { onConnect: () => say(other, 'x') });
      balls.push(other);
    }
    await vi.waitFor(() => expect(moves).toBeGreaterThan(100));
    // Somebody who has something to do in each turn of the loop, beside the sockets.
    let most = 0;
    for (let turn = 0; turn < 40; turn++) {
      for (const ball of balls) {
        ball.pause();
        ball.resume();
      }
      const before = moves;
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, moves - before);
    }
    // Twice: what wakes the engine may come right before the loop's turn.
    expect(most).toBeLessThanOrEqual(2 * ROUNDS_MAX * 2 * balls.length);
    for (const ball of balls) ball.reset();
  });

  it('reads what was sent before it lets a deadline expire', async () => {
    start(1024, 8192);
    const seen: string[] = [];
    serve(() => ({ onData: () => void seen.push('data') }));
    const [peer] = await clients(1);
    const expired = new Promise<void>((resolve) => {
      new Deadline(engine.deadlines, () => {
        seen.push('expired');
        resolve();
      }).set(100);
    });
    await new Promise((resolve) => setImmediate(resolve));
    peer!.socket.write('in time');
    // This thread does not run for a while.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    await expired;
    expect(seen).toEqual(['data', 'expired']);
    peer!.socket.destroy();
  });
});
