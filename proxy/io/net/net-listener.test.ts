import net from 'node:net';
import { expect, it, vi } from 'vitest';
import {
  closeDescriptor,
  duplicateDescriptor,
  openListenSocket,
} from '../../../src/os/listen-socket.ts';
import { NetEngine } from './net-engine.ts';

it('stops listening also while connections go on coming', async () => {
  const engine = new NetEngine();
  const options = { host: '127.0.0.1', port: 0, backlog: 64, freeBind: false, reusePort: false };
  const { fd, port } = openListenSocket(options);
  let accepted = 0;
  const listener = engine.listen(duplicateDescriptor(fd), {
    onConnection(connection) {
      accepted++;
      connection.reset();
    },
    onError: (code) => expect.fail(code),
  });
  let stopped = false;
  const come = (async () => {
    while (!stopped) {
      const client = net.connect(port, '127.0.0.1').on('error', () => {});
      await new Promise((done) => client.once('close', done).resume());
    }
  })();
  await vi.waitFor(() => expect(accepted).toBeGreaterThan(20));
  await listener.finish();
  stopped = true;
  // Whoever waits now is reset with the socket.
  closeDescriptor(fd);
  await come;
  engine.deadlines.stop();
});
