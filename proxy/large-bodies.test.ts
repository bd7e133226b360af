import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { proxyConfig, upstreamConfig } from './data-plane.fixture.ts';
import { RawOrigin } from './raw-peers.fixture.ts';

const BODY_BYTES = 1024 * 1024 * 1024;
/** What a worker and its collector may need for themselves. */
const GROWTH_BYTES_MAX = 64 * 1024 * 1024;
const PIECE = Buffer.alloc(256 * 1024, 'x');

let origin: RawOrigin;
let balancer: ChildProcess;
let port: number;

beforeEach(async () => {
  origin = await RawOrigin.listen();
  const config = JSON.stringify(proxyConfig(upstreamConfig([origin.port])));
  // A process of its own, so that its memory is nobody else's.
  balancer = fork(new URL('./balancer-process.fixture.ts', import.meta.url), [config]);
  [port] = await once(balancer, 'message');
});

afterEach(async () => {
  origin.close();
  balancer.kill();
  await once(balancer, 'exit');
});

/** Resident memory of the balancer. */
function residentBytes(): number {
  const status = readFileSync(`/proc/${balancer.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** Counts what comes after the head, without keeping it. */
function counted(socket: net.Socket, bytesMax: number): Promise<number> {
  return new Promise((resolve) => {
    let head = '';
    let body = 0;
    socket.removeAllListeners('data');
    socket.on('data', (bytes) => {
      if (head.endsWith('\r\n\r\n')) {
        body += bytes.length;
      } else {
        const text = head + bytes.toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        head = end < 0 ? text : text.slice(0, end + 4);
        if (end >= 0) body += text.length - end - 4;
      }
      if (body >= bytesMax) resolve(body);
    });
    socket.on('close', () => resolve(body));
  });
}

async function pour(socket: net.Socket): Promise<void> {
  for (let sent = 0; sent < BODY_BYTES; sent += PIECE.length) {
    if (!socket.write(PIECE)) await once(socket, 'drain');
  }
}

it('a body of 1 GiB passes each way in constant memory', async () => {
  const client = net.connect({ port, host: '127.0.0.1' });
  await once(client, 'connect');
  const before = residentBytes();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, residentBytes());
  }, 20);
  client.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`);
  const { socket: server } = await origin.connection();
  const upload = counted(server, BODY_BYTES);
  await pour(client);
  expect(await upload).toBe(BODY_BYTES);
  const download = counted(client, BODY_BYTES);
  server.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`);
  await pour(server);
  expect(await download).toBe(BODY_BYTES);
  clearInterval(watch);
  expect(peak - before).toBeLessThan(GROWTH_BYTES_MAX);
  client.destroy();
}, 60_000);
