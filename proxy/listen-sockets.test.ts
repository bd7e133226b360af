import { once } from 'node:events';
import net from 'node:net';
import { expect, it } from 'vitest';
import type { ListenerConfig } from '../src/config/proxy-config.ts';
import { closeDescriptor } from '../src/os/listen-socket.ts';
import { SO_LOCK_FILTER, SOL_SOCKET } from '../src/os/socket-constants.ts';
import { setIntOption } from '../src/os/socket-option.ts';
import { ListenSockets } from './listen-sockets.ts';

function listener(name: string): ListenerConfig {
  return { name, protocol: 'tcp', binds: [{ host: '127.0.0.1', port: 0 }] } as never;
}

/** A client that has begun to connect. */
async function client(port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connectionAttempt');
  await new Promise(setImmediate);
  return socket;
}

it('a socket that the kernel keeps open for arrivals does not keep the others from stopping', async () => {
  const sockets = new ListenSockets([listener('locked'), listener('free')], 1);
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
