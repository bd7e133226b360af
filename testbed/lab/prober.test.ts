import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { limits } from './limits.ts';
import { type ProbeOptions, probe } from './prober.ts';
import { encodeFrame, Opcode } from './websocket-frames.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const serve = async (onConnection: (socket: Socket) => void): Promise<number> => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

const answerHttp = (socket: Socket) => {
  socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nme'));
};

const run = (options: Partial<ProbeOptions> & { port: number }) => {
  const full = { mode: 'http', address: '127.0.0.1', durationMs: 300, ...options } as const;
  return probe(full, new AbortController().signal, () => {});
};

test('every attempt that fell due is in the report, answered by whom', async () => {
  const report = await run({ port: await serve(answerHttp), everyMs: 10 });
  expect(report.attempts).toBe(31);
  expect(report).toMatchObject({ ok: 31, failed: 0, servers: { me: 31 }, brokenConnections: 0 });
});

test('attempts that nobody answers time out and keep coming at their rate', async () => {
  const port = await serve(() => {});
  const report = await run({ port, everyMs: 10, timeoutMs: 50 });
  expect(report).toMatchObject({ attempts: 31, failed: 31, failures: { timeout: 31 } });
  expect(report.longestGapMs).toBeCloseTo(report.endedAtMs - report.startedAtMs, 5);
});

test('a refused connection is a failed attempt of its own kind', async () => {
  const port = await serve(() => {});
  const closed = servers.pop()!;
  closed.close();
  await once(closed, 'close');
  expect((await run({ port, everyMs: 20 })).failures).toEqual({ refused: 16 });
});

test('a persistent connection that is reset is counted, opened again, and used', async () => {
  let accepted = 0;
  const port = await serve((socket) => {
    accepted += 1;
    if (accepted === 1) socket.once('data', () => socket.resetAndDestroy());
    else answerHttp(socket);
  });
  const report = await run({ port, mode: 'keepalive', connections: 1, everyMs: 10 });
  expect(report).toMatchObject({ brokenConnections: 1, failures: { broken: 1 }, ok: 30 });
  expect(accepted).toBe(2);
});

test('an orderly close between two requests breaks nothing for HTTP', async () => {
  const port = await serve((socket) => {
    socket.on('data', () => {
      socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nme');
    });
  });
  const report = await run({ port, mode: 'keepalive', connections: 2, everyMs: 20 });
  expect(report).toMatchObject({ ok: 16, failed: 0, brokenConnections: 0 });
});

test('the end of an idle TCP session is a loss', async () => {
  let accepted = 0;
  const port = await serve((socket) => {
    accepted += 1;
    const mayEnd = accepted === 1;
    socket.on('data', (data) => {
      socket.write(`me ${data}`);
      if (mayEnd) setTimeout(() => socket.end(), 5);
    });
  });
  const report = await run({ port, mode: 'tcp', connections: 1, everyMs: 50 });
  expect(report).toMatchObject({ attempts: 7, ok: 7, brokenConnections: 1 });
});

test('a request stuck behind a stalled one counts its wait from when it was due', async () => {
  let first = true;
  const port = await serve((socket) => {
    socket.on('data', () => {
      const delayMs = first ? 250 : 0;
      first = false;
      setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nme'), delayMs);
    });
  });
  const report = await run({ port, mode: 'keepalive', connections: 1, everyMs: 10 });
  expect(report.ok).toBe(31);
  // 25 of 31 fell due during the stall of 250 ms; sent late, they would all look quick.
  expect(report.latencyMs.p50).toBeGreaterThan(50);
});

test('the bounds are kept', async () => {
  const durationMs = limits.probeDurationMaxMs + 1;
  await expect(run({ port: 1, durationMs })).rejects.toThrow(RangeError);
  await expect(run({ port: 1, everyMs: 0.1 })).rejects.toThrow(RangeError);
  await expect(run({ port: 1, connections: 1000 })).rejects.toThrow(RangeError);
});

test('an upgrade that is turned away fails every attempt, and a WebSocket that ends is a loss', async () => {
  const turnedAway = await serve(answerHttp);
  const refused = await run({ port: turnedAway, mode: 'websocket', connections: 1, everyMs: 50 });
  expect(refused).toMatchObject({ ok: 0, brokenConnections: 0 });
  const accepted = await serve((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      socket.once('data', () => {
        socket.end(encodeFrame(Opcode.text, Buffer.from('me probe 0')));
      });
    });
  });
  const ended = await run({ port: accepted, mode: 'websocket', connections: 1, everyMs: 200 });
  expect(ended).toMatchObject({ attempts: 2, ok: 1, brokenConnections: 1 });
});

test('a message that crosses the end of its WebSocket is asked again on the next one', async () => {
  let accepted = 0;
  const goingAway = encodeFrame(Opcode.close, Buffer.of(0x03, 0xe9));
  const answer = encodeFrame(Opcode.text, Buffer.from('me probe 0'));
  const port = await serve((socket) => {
    accepted += 1;
    const frame = accepted === 1 ? goingAway : answer;
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      socket.on('data', () => socket.write(frame));
    });
  });
  const options = { mode: 'websocket', connections: 1, everyMs: 250, durationMs: 100 } as const;
  const report = await run({ port, ...options });
  expect(report).toMatchObject({ attempts: 1, ok: 1, failed: 0, brokenConnections: 1 });
  expect(accepted).toBe(2);
});
