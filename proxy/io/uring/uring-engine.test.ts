/** What only the engine over io_uring can get wrong: its memory, its bounds, its end. */
import dns from 'node:dns';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  closeDescriptor,
  duplicateDescriptor,
  openListenSocket,
} from '../../../src/os/listen-socket.ts';
import { RawOrigin, type RawPeer, rawClient } from '../../raw-peers.fixture.ts';
import type { Connection, ConnectionHandler } from '../engine.ts';
import { IGNORING } from '../ignoring.ts';
import { closeLeft, DescriptorLedger, ledgerMemory } from './descriptor-ledger.ts';
import { uringRefusal } from './detect.ts';
import { OFFERED_MAX, SLOTS_MAX } from './limits.ts';
import { UringEngine } from './uring-engine.ts';

const refusal = uringRefusal();
const unless = refusal === null ? '' : `, not here: ${refusal}`;

let engine: UringEngine;
let socket: { readonly fd: number; readonly port: number };
let accepted: Connection[];

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Mappings that are shared with a kernel's ring. */
function mappings(): number {
  const maps = readFileSync('/proc/self/maps', 'latin1').split('\n');
  return maps.filter((line) => /io_uring|\/dev\/zero/.test(line)).length;
}

/** Buffers that are neither free nor offered to the kernel. */
function buffersInUse(): number {
  return engine.arena.inUse;
}

/** Has the engine accept, and treat each connection so. */
function serve(treat: (connection: Connection) => Partial<ConnectionHandler>): void {
  engine.listen(duplicateDescriptor(socket.fd), {
    onConnection(connection) {
      accepted.push(connection);
      connection.handler = { ...IGNORING, ...treat(connection) };
    },
    onError: (code) => expect.fail(code),
  });
}

const echo = (connection: Connection): Partial<ConnectionHandler> => ({
  onData: (bytes, start, end) => void connection.write(bytes, start, end),
  onEnd: () => connection.close(),
});

async function clients(count: number): Promise<RawPeer[]> {
  const peers: RawPeer[] = [];
  while (peers.length < count) {
    const some = Array.from({ length: Math.min(100, count - peers.length) }, () =>
      rawClient(socket.port),
    );
    peers.push(...(await Promise.all(some)));
  }
  return peers;
}

describe.skipIf(refusal !== null)(`the uring engine${unless}`, () => {
  beforeEach(() => {
    engine = new UringEngine({ checked: true });
    accepted = [];
    const options = { host: '127.0.0.1', port: 0, backlog: 512, freeBind: false, reusePort: false };
    socket = openListenSocket(options);
  });

  afterEach(() => {
    engine.close();
    closeDescriptor(socket.fd);
  });

  it('gives every buffer and descriptor back when its connections are gone', async () => {
    serve(echo);
    // The first one opens what stays open.
    const [first] = await clients(1);
    first!.socket.end();
    await first!.closed();
    const before = descriptors();
    const peers = await clients(300);
    for (const [index, peer] of peers.entries()) peer.send(`hello ${index}.`);
    await Promise.all(peers.map((peer, index) => peer.has(`hello ${index}.`)));
    for (const [index, peer] of peers.entries()) {
      if (index % 3 === 0) peer.socket.resetAndDestroy();
      else if (index % 3 === 1) accepted[index + 1]!.reset();
      else peer.socket.end();
    }
    await Promise.all(peers.map((peer) => peer.closed()));
    await vi.waitFor(() => expect(descriptors()).toBe(before));
    // One may be kept for copies of small writes.
    await vi.waitFor(() => expect(buffersInUse()).toBeLessThanOrEqual(1));
  });

  it('serves more senders at once than the kernel has buffers for', async () => {
    serve(echo);
    const peers = await clients(2 * OFFERED_MAX);
    const text = 'x'.repeat(1000);
    // All of it waits when the engine has its next turn.
    for (const peer of peers) peer.send(text);
    await Promise.all(peers.map((peer) => peer.until(({ length }) => length === text.length)));
    for (const { socket: one } of peers) one.destroy();
  });

  it('does not let slow readers take the buffers of others', async () => {
    serve(echo);
    const slow = await clients(80);
    const flood = Buffer.alloc(4 << 20);
    for (const { socket: one } of slow) {
      one.pause();
      one.write(flood);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(engine.arena.free).toBeGreaterThan(SLOTS_MAX / 8);
    const [quick] = await clients(1);
    quick!.send('still served');
    await quick!.has('still served');
    for (const { socket: one } of [...slow, quick!]) one.resetAndDestroy();
    await vi.waitFor(() => expect(buffersInUse()).toBeLessThanOrEqual(1));
  });

  it('finds who writes from memory that is not his any more', async () => {
    let kept: Buffer | null = null;
    const seen: unknown[] = [];
    serve((connection) => ({
      onData(bytes) {
        if (kept === null) {
          kept = bytes;
          return;
        }
        try {
          connection.write(kept, 0, 1);
        } catch (error) {
          seen.push((error as Error).message);
        }
      },
    }));
    const [peer] = await clients(1);
    peer!.send('one');
    await vi.waitFor(() => expect(kept).not.toBeNull());
    // Poisoned as soon as it was given back.
    await vi.waitFor(() => expect(kept![0]).toBe(0xdb));
    peer!.send('two');
    await vi.waitFor(() => expect(seen).toHaveLength(1));
    expect(seen[0]).toMatch(/is (written after it was given back|used after it was freed)/);
    peer!.socket.destroy();
  });

  it('frees no buffer twice', () => {
    const slot = engine.arena.take();
    engine.arena.release(slot);
    expect(() => engine.arena.release(slot)).toThrow('freed twice');
  });

  it('leaves no connection to a thread that hangs and was terminated', async () => {
    const descriptorsBefore = descriptors();
    const mappingsBefore = mappings();
    const memory = ledgerMemory();
    const entry = new URL('./terminated-worker.fixture.ts', import.meta.url);
    const workerData = { fd: duplicateDescriptor(socket.fd), descriptors: memory };
    const worker = new Worker(entry, { workerData });
    await once(worker, 'message');
    const [peer] = await clients(1);
    await once(worker, 'message');
    await worker.terminate();
    // The ring, the listening socket and the connection; Node closes the eventfd.
    expect(closeLeft(memory)).toBe(3);
    // Nor 64 MiB to nobody.
    expect(mappings()).toBe(mappingsBefore);
    await peer!.end();
    peer!.socket.destroy();
    expect(closeLeft(memory)).toBe(0);
    await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(descriptorsBefore));
  });

  it('leaves nobody to a thread that was terminated before it saw whom the kernel had accepted', async () => {
    const before = descriptors();
    const memory = ledgerMemory();
    const entry = new URL('./terminated-worker.fixture.ts', import.meta.url);
    // All are accepted at once, and the thread hangs with the first.
    const peers = await clients(5);
    const workerData = { fd: duplicateDescriptor(socket.fd), descriptors: memory };
    const worker = new Worker(entry, { workerData });
    for (const said of ['ready', 'accepted']) expect(await once(worker, 'message')).toEqual([said]);
    await worker.terminate();
    expect(closeLeft(memory)).toBe(2 + peers.length);
    await Promise.all(peers.map((peer) => peer.end()));
    for (const peer of peers) peer.socket.destroy();
    await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(before));
  });

  it('closes no descriptor for a thread that has told the kernel to, and each that it only would have', () => {
    const memory = ledgerMemory();
    const ledger = new DescriptorLedger(memory);
    const [told, wanted] = [openSync('/dev/null', 'r'), openSync('/dev/null', 'r')];
    for (const fd of [told, wanted]) ledger.opened(fd);
    ledger.closingSoon(told);
    ledger.entering();
    ledger.closingSoon(wanted);
    expect(closeLeft(memory)).toBe(1);
    expect(() => fstatSync(wanted)).toThrow('EBADF');
    closeSync(told);
  });

  it('opens nothing when the address of a server comes after its end', async () => {
    const lookup = vi.spyOn(dns, 'lookup');
    const found = Promise.withResolvers<(error: null, address: string) => void>();
    lookup.mockImplementation(((_: string, callback: never) => found.resolve(callback)) as never);
    const other = new UringEngine({ checked: true });
    other.connect({ host: 'server.example', port: 9 }, IGNORING);
    other.close();
    const before = descriptors();
    (await found.promise)(null, '127.0.0.1');
    lookup.mockRestore();
    expect(descriptors()).toBe(before);
  });

  it('ends in the middle of everything, and leaves nothing', async () => {
    const origin = await RawOrigin.listen();
    const before = descriptors();
    const other = new UringEngine({ checked: true });
    const views: Buffer[] = [];
    other.listen(duplicateDescriptor(socket.fd), {
      onConnection(connection) {
        connection.handler = {
          ...IGNORING,
          onData(bytes) {
            views.push(bytes);
            // It does not read: the send is under way when the engine ends.
            connection.write(Buffer.alloc(8 << 20), 0, 8 << 20);
          },
        };
      },
      onError: (code) => expect.fail(code),
    });
    const peers = await clients(20);
    for (const peer of peers) {
      peer.socket.pause();
      peer.send('x');
    }
    other.connect({ host: '127.0.0.1', port: origin.port }, IGNORING);
    await vi.waitFor(() => expect(views).toHaveLength(peers.length));
    // One more is on its way to be connected.
    other.connect({ host: '127.0.0.1', port: origin.port }, IGNORING);
    other.close();
    for (const { socket: one } of peers) one.destroy();
    origin.close();
    await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(before));
    // Nobody can reach the memory any more, not even who kept a view of it.
    expect(views.every((view) => view.length === 0)).toBe(true);
    expect(other.operations.outstanding).toBe(0);
  });
});
