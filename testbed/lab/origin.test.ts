import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { probe } from './prober.ts';

let origin: ChildProcess;
let httpPort: number;
let echoPort: number;
let base: string;

beforeAll(async () => {
  const file = join(import.meta.dirname, 'origin.ts');
  origin = spawn(process.execPath, [file, 'origin-9', '0', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(origin.stdout!.setEncoding('utf8'), 'data');
  [httpPort, echoPort] = line.split(' ').slice(1).map(Number);
  base = `http://127.0.0.1:${httpPort}`;
});

afterAll(async () => {
  origin.kill('SIGTERM');
  expect((await once(origin, 'exit'))[0]).toBe(0);
});

test('it answers its name', async () => {
  const response = await fetch(base);
  expect(response.headers.get('x-origin')).toBe('origin-9');
  expect(await response.text()).toBe('origin-9');
});

test('it sends as many bytes as asked and counts those it is sent', async () => {
  const body = await (await fetch(`${base}/bytes/100001`)).bytes();
  expect(body.length).toBe(100_001);
  const counted = await fetch(`${base}/count`, { method: 'POST', body: new Uint8Array(300_000) });
  expect(await counted.text()).toBe('300000');
});

test('it echoes lines with its name, and clients that reset do not end it', async () => {
  for (let round = 0; round < 3; round++) {
    const socket = connect(echoPort, '127.0.0.1').setEncoding('utf8');
    socket.write('probe 1\n');
    expect(await once(socket, 'data')).toEqual(['origin-9 probe 1\n']);
    socket.resetAndDestroy();
    await once(socket, 'close');
  }
  const request = connect(httpPort, '127.0.0.1');
  request.write('POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nfive');
  await once(request, 'connect');
  request.resetAndDestroy();
  await once(request, 'close');
  expect((await fetch(base)).status).toBe(200);
});

test.each([
  ['websocket', () => httpPort],
  ['udp', () => echoPort],
  ['tcp', () => echoPort],
] as const)('a prober is answered over %s, every attempt by name', async (mode, port) => {
  const options = { mode, address: '127.0.0.1', port: port(), durationMs: 200, everyMs: 10 };
  const report = await probe(options, new AbortController().signal, () => {});
  expect(report).toMatchObject({ attempts: 21, ok: 21, servers: { 'origin-9': 21 } });
  expect(report.brokenConnections).toBe(0);
});
