import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { OsError } from './errors.ts';
import {
  closeDescriptor,
  duplicateDescriptor,
  openListenSocket,
  stopArrivals,
  waitingConnections,
} from './listen-socket.ts';

const plain = { host: '127.0.0.1', port: 0, backlog: 16, freeBind: false, reusePort: false };

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

function thrownBy(action: () => unknown): OsError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(OsError);
    return error as OsError;
  }
  throw new Error('nothing was thrown');
}

describe('openListenSocket', () => {
  it.each(['127.0.0.1', '::1'])('serves connections on %s through a duplicate', async (host) => {
    const { fd, port } = openListenSocket({ ...plain, host });
    const server = createServer((socket) => socket.end('hello'));
    server.listen({ fd: duplicateDescriptor(fd) });
    await once(server, 'listening');
    const client = connect(port, host);
    const [data] = await once(client, 'data');
    expect(String(data)).toBe('hello');
    server.close();
    closeDescriptor(fd);
  });

  it('binds 0.0.0.0 and [::] on one port', () => {
    const v4 = openListenSocket({ ...plain, host: '0.0.0.0' });
    const v6 = openListenSocket({ ...plain, host: '::', port: v4.port });
    expect(v6.port).toBe(v4.port);
    closeDescriptor(v4.fd);
    closeDescriptor(v6.fd);
  });

  it('names address and port when the port is in use', () => {
    const first = openListenSocket(plain);
    const error = thrownBy(() => openListenSocket({ ...plain, port: first.port }));
    expect(error.code).toBe('EADDRINUSE');
    expect(error.message).toContain(`127.0.0.1:${first.port}`);
    const shared = thrownBy(() =>
      openListenSocket({ ...plain, port: first.port, reusePort: true }),
    );
    expect(shared.code).toBe('EADDRINUSE');
    closeDescriptor(first.fd);
  });

  it('shares a port between sockets that all ask for it', () => {
    const first = openListenSocket({ ...plain, reusePort: true });
    const second = openListenSocket({ ...plain, port: first.port, reusePort: true });
    expect(second.port).toBe(first.port);
    closeDescriptor(first.fd);
    closeDescriptor(second.fd);
  });

  it.each(['198.51.100.77', '2001:db8::77'])('binds %s, absent here, only freely', (host) => {
    const error = thrownBy(() => openListenSocket({ ...plain, host }));
    expect(error.code).toBe('EADDRNOTAVAIL');
    const { fd } = openListenSocket({ ...plain, host, freeBind: true });
    closeDescriptor(fd);
  });

  it('refuses a host name and an unknown zone', () => {
    expect(thrownBy(() => openListenSocket({ ...plain, host: 'localhost' })).code).toBe('EINVAL');
    const zone = thrownBy(() => openListenSocket({ ...plain, host: 'fe80::1%nosuch0' }));
    expect(zone.message).toContain('if_nametoindex(nosuch0)');
  });

  it('leaks no descriptor, neither on success nor on failure', () => {
    closeDescriptor(openListenSocket(plain).fd);
    const before = openDescriptors();
    for (let i = 0; i < 20; i++) {
      const { fd, port } = openListenSocket(plain);
      thrownBy(() => openListenSocket({ ...plain, port }));
      closeDescriptor(fd);
    }
    expect(openDescriptors()).toBe(before);
  });

  it('reports closing what is not open', () => {
    const { fd } = openListenSocket(plain);
    closeDescriptor(fd);
    expect(thrownBy(() => closeDescriptor(fd)).message).toBe(
      `close(${fd}): EBADF, bad file descriptor`,
    );
  });
});

describe.each(['127.0.0.1', '::1'])('stopArrivals on %s', (host) => {
  it('refuses who comes after it and loses nobody who came before', async () => {
    const { fd, port } = openListenSocket({ ...plain, host, backlog: 512 });
    const server = createServer((socket) => socket.end('served'));
    server.listen({ fd: duplicateDescriptor(fd) });
    await once(server, 'listening');
    const outcomes = { served: 0, refused: 0 };
    let stopped = false;
    const client = () =>
      new Promise<void>((done, fail) => {
        const socket = connect(port, host);
        let received = '';
        socket.on('data', (data) => {
          received += data;
        });
        socket.on('error', (error: NodeJS.ErrnoException) => {
          outcomes.refused++;
          // Anything else, a reset above all, would be a lost connection.
          error.code === 'ECONNREFUSED' ? done() : fail(error);
        });
        socket.on('end', () => {
          outcomes.served++;
          received === 'served' ? done() : fail(new Error(`received "${received}"`));
        });
      });
    const crowd = Array.from({ length: 20 }, async () => {
      while (!stopped) await client();
    });
    const stop = async () => {
      while (outcomes.served < 400) await client();
      stopArrivals(fd);
      stopped = true;
      const late = client();
      while (waitingConnections(fd) > 0) await new Promise(setImmediate);
      server.close();
      closeDescriptor(fd);
      await late;
    };
    await Promise.all([...crowd, stop()]);
    expect(outcomes.served).toBeGreaterThanOrEqual(400);
    expect(outcomes.refused).toBeGreaterThanOrEqual(1);
  });

  it('lets a waiting connection be accepted afterwards', async () => {
    const { fd, port } = openListenSocket({ ...plain, host });
    const client = connect(port, host);
    await once(client, 'connect');
    expect(waitingConnections(fd)).toBe(1);
    stopArrivals(fd);
    const server = createServer((socket) => socket.end('served'));
    server.listen({ fd: duplicateDescriptor(fd) });
    expect(String((await once(client, 'data'))[0])).toBe('served');
    expect(waitingConnections(fd)).toBe(0);
    server.close();
    closeDescriptor(fd);
  });
});
