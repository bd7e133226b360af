/** Makes connections that end here first, on two addresses, and ends what is left on one of them. */
import { execFileSync } from 'node:child_process';
import net from 'node:net';
import { countConnections, endTimeWaits } from './sock-diag.ts';

const [ONE, OTHER] = ['127.0.0.1', '127.0.0.2'] as const;
const CONNECTIONS = 50;

function inTimeWait(address: string): number {
  const filter = ['-tanH', 'state', 'time-wait', 'src', `[::ffff:${address}]`];
  return execFileSync('ss', filter, { encoding: 'utf8' }).split('\n').length - 1;
}

function connect(port: number, host: string, live = false): Promise<net.Socket> {
  return new Promise((resolve) => {
    const socket = net.connect(port, host);
    socket.write(live ? 'stay' : 'go');
    socket.resume();
    socket.on(live ? 'connect' : 'close', () => resolve(socket));
  });
}

const server = net.createServer((socket) => {
  socket.on('data', (bytes) => String(bytes) === 'go' && socket.end());
});
server.listen(0, '::', async () => {
  const { port } = server.address() as net.AddressInfo;
  for (let at = 0; at < CONNECTIONS; at++) {
    await connect(port, ONE);
    await connect(port, OTHER);
  }
  const live = await connect(port, ONE, true);
  const before = [inTimeWait(ONE), inTimeWait(OTHER)];
  await endTimeWaits([Uint8Array.of(127, 0, 0, 1)]);
  const after = [inTimeWait(ONE), inTimeWait(OTHER)];
  // Both ends are here; the server's is the one at the address's port.
  const both = await countConnections([Uint8Array.of(127, 0, 0, 1)]);
  process.stdout.write(JSON.stringify({ before, after, live: both / 2 }));
  live.destroy();
  server.close();
});
