/**
 * `node clients.ts ADDRESS CONNECTIONS MESSAGES_PER_SECOND`: connections to the echo of an address, and
 * messages over them in turn. Says `open`; answers each line on standard input with how many messages
 * have come back since the beginning; ends when that is closed, with status 1 when a connection broke.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { limits } from './limits.ts';

const ECHO_PORT = 7;

const [address = '', connections, perSecond] = process.argv.slice(2);
const message = Buffer.alloc(limits.messageBytes, 'x');
const opened = Promise.withResolvers<void>();
let echoedBytes = 0;
let broken = 0;

setTimeout(() => process.exit(1), limits.clientsMaxMs).unref();

const sockets = Array.from({ length: Number(connections) }, () => {
  const socket = connect({ port: ECHO_PORT, host: address, noDelay: true });
  socket.on('data', (bytes) => {
    echoedBytes += bytes.length;
    if (echoedBytes >= Number(connections) * message.length) opened.resolve();
  });
  socket.on('error', () => {});
  socket.on('close', () => broken++);
  return socket;
});
await Promise.all(sockets.map((socket) => once(socket, 'connect')));
// Through the balancer to the origin and back: only then is there a connection to drain.
for (const socket of sockets) socket.write(message);
await opened.promise;
console.log('open');

const began = performance.now();
let sent = 0;
const send = () => {
  const due = ((performance.now() - began) / 1000) * Number(perSecond);
  for (; sent < due; sent++) sockets[sent % sockets.length]!.write(message);
};
// Who has nothing to say leaves the processor to those who are measured.
const timer = Number(perSecond) > 0 ? setInterval(send, limits.sendEveryMs) : undefined;

const lines = createInterface({ input: process.stdin });
lines.on('line', () => console.log(`${echoedBytes / message.length - sockets.length}`));
lines.on('close', () => {
  clearInterval(timer);
  process.exitCode = broken === 0 ? 0 : 1;
  for (const socket of sockets) socket.destroy();
  setTimeout(() => process.exit(), 0);
});
