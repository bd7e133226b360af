/** Connects to itself over the link-local address it is given, and prints what addresses it sees. */
import net from 'node:net';
import {
  closeDescriptor,
  duplicateDescriptor,
  openListenSocket,
} from '../../src/os/listen-socket.ts';
import { NetEngine } from './net/net-engine.ts';

const options = { backlog: 8, freeBind: false, reusePort: false };
const socket = openListenSocket({ host: '::', port: 0, ...options });
const engine = new NetEngine();
engine.listen(duplicateDescriptor(socket.fd), {
  onConnection({ remoteAddress, localAddress }) {
    process.stdout.write(JSON.stringify({ remoteAddress, localAddress }), () => process.exit());
  },
  onError(code) {
    throw new Error(code);
  },
});
closeDescriptor(socket.fd);
net.connect(socket.port, process.argv[2]!);
