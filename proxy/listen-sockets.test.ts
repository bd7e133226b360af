import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ListenerConfig } from '../src/config/proxy-config.ts';
import { closeDescriptor, waitingConnections } from '../src/os/listen-socket.ts';
import { SO_LOCK_FILTER, SOL_SOCKET } from '../src/os/socket-constants.ts';
import { setIntOption } from '../src/os/socket-option.ts';
import { ListenSockets } from './listen-sockets.ts';

function listener(name: string): ListenerConfig {
  return { name, protocol: 'tcp', binds: [{ host: '127.0.0.1', port: 0 }] } as never;
}

/** A client that has begun to connect. */
async function client(port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  // Nobody accepts it: it is reset in the end.
  socket.on('error', () => {});
  await once(socket, 'connectionAttempt');
  await new Promise(setImmediate);
  return socket;
}

it('a socket that the kernel keeps open for arrivals does not keep the others from stopping', async () => {
  const sockets = new ListenSockets(1, [listener('locked'), listener('free')], 1);
  const [locked] = sockets.bound('locked');
  const [free] = sockets.bound('free');
  // Stands for kernels that allow filters to root only.
  const duplicates = sockets.duplicates(0);
  setIntOption(duplicates[0]!.fd!, SOL_SOCKET, SO_LOCK_FILTER, 1, 'SO_LOCK_FILTER');
  expect(sockets.stopArrivals()?.code).toBe('EPERM');
  const served = await client(locked!.port);
  if (served.connecting) await once(served, 'connect');
  served.destroy();
  const late = await client(free!.port);
  expect(late.connecting).toBe(true);
  for (const { fd } of duplicates) closeDescriptor(fd!);
  sockets.close();
  // Its SYN was dropped; sent again it finds nobody.
  await expect(once(late, 'connect')).rejects.toThrow('ECONNREFUSED');
});

/** A listener with just those addresses. */
function bound(name: string, ...binds: (readonly [host: string, port: number])[]): ListenerConfig {
  const protocol = 'tcp';
  return { name, protocol, binds: binds.map(([host, port]) => ({ host, port })) } as never;
}

async function free(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

async function connects(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  const came = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return came;
}

describe('sockets of another config', () => {
  it('are the same where the address is the same, whoever has it', async () => {
    const [one, two] = [await free(), await free()];
    const before = descriptors();
    const sockets = new ListenSockets(1, [bound('a', ['127.0.0.1', one])], 2);
    const layout = [bound('b', ['127.0.0.1', one], ['127.0.0.1', two])];
    const { prepared } = sockets.prepare(2, layout);
    const [kept, fresh] = prepared!.forWorker(1);
    expect(kept).toEqual({ listener: 'b', key: `tcp 127.0.0.1:${one}`, fd: null });
    expect(fresh).toMatchObject({ listener: 'b', key: `tcp 127.0.0.1:${two}` });
    closeDescriptor(fresh!.fd!);
    expect(sockets.bound('b')).toEqual([]);
    expect(await connects(two)).toBe(false);
    expect(prepared!.apply()).toBeNull();
    sockets.closeRetired();
    expect(await connects(one)).toBe(true);
    expect(await connects(two)).toBe(true);
    expect(sockets.bound('b')).toHaveLength(2);
    expect(sockets.bound('a')).toEqual([]);
    for (const { fd } of sockets.duplicates(0)) closeDescriptor(fd!);
    sockets.close();
    expect(descriptors()).toBe(before);
  });

  it('that are gone get no connection any more, and are closed when they are empty', async () => {
    const [one, two] = [await free(), await free()];
    const sockets = new ListenSockets(1, [bound('a', ['127.0.0.1', one], ['127.0.0.1', two])], 1);
    const [, duplicate] = sockets.duplicates(0);
    const served = await client(two);
    if (served.connecting) await once(served, 'connect');
    sockets.prepare(2, [bound('a', ['127.0.0.1', one])]).prepared!.apply();
    const late = await client(two);
    expect(waitingConnections(duplicate!.fd!)).toBe(1);
    expect(late.connecting).toBe(true);
    sockets.closeRetired();
    closeDescriptor(duplicate!.fd!);
    await expect(once(late, 'connect')).rejects.toThrow('ECONNREFUSED');
    served.destroy();
    sockets.close();
  });

  it('that cannot be had are told all at once, and nothing is left of the others', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as net.AddressInfo;
    const [one, two] = [await free(), await free()];
    const sockets = new ListenSockets(1, [bound('a', ['127.0.0.1', one])], 2);
    const before = descriptors();
    const { prepared, refusals } = sockets.prepare(2, [
      bound('a', ['127.0.0.1', one]),
      bound('b', ['127.0.0.1', port], ['127.0.0.1', two]),
      bound('c', ['0.0.0.0', port]),
    ]);
    expect(prepared).toBeNull();
    expect(refusals.map(({ message }) => message)).toEqual([
      `listener b: cannot listen on 127.0.0.1:${port}: the port is in use`,
      `listener c: cannot listen on 0.0.0.0:${port}: the port is in use`,
    ]);
    expect(descriptors()).toBe(before);
    expect(await connects(one)).toBe(true);
    sockets.close();
    taken.close();
  });

  it('may be more or less specific than those before; those serve until then', async () => {
    const port = await free();
    const sockets = new ListenSockets(1, [bound('a', ['0.0.0.0', port])], 1);
    const [wild] = sockets.duplicates(0);
    const { prepared, refusals } = sockets.prepare(2, [bound('a', ['127.0.0.1', port])]);
    expect(refusals).toEqual([]);
    const served = await client(port);
    if (served.connecting) await once(served, 'connect');
    expect(waitingConnections(wild!.fd!)).toBe(1);
    prepared!.apply();
    sockets.closeRetired();
    closeDescriptor(wild!.fd!);
    expect(await connects(port)).toBe(true);
    served.destroy();
    sockets.close();
  });

  it('that are not wanted after all leave nothing', async () => {
    const [one, two] = [await free(), await free()];
    const sockets = new ListenSockets(1, [bound('a', ['127.0.0.1', one])], 3);
    const before = descriptors();
    sockets.prepare(2, [bound('b', ['127.0.0.1', two])]).prepared!.abandon();
    expect(descriptors()).toBe(before);
    expect(await connects(one)).toBe(true);
    expect(sockets.bound('a')).toHaveLength(1);
    sockets.close();
  });
});
