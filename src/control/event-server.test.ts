import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AgentStatus, EventStream, eventReadersMax } from '../../keepalive/index.ts';
import type { Logger } from '../log/logger.ts';
import { readEvents } from './event-client.ts';
import { type EventServer, serveEvents } from './event-server.ts';

interface Line {
  readonly type: string;
  readonly sequence: number;
  readonly [field: string]: unknown;
}

const log = { debug() {}, warn() {} } as unknown as Logger;
const status = { node: 'a', digest: 'd', uptimeMs: 1, routers: [], bfd: [] };
let dir: string;
let path: string;
let stream: EventStream;
let server: EventServer;
const sockets: net.Socket[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-events-'));
  path = join(dir, 'events.sock');
  const clock = { now: () => 0, timer: () => ({ cancel() {} }) };
  stream = new EventStream({ epoch: 7, clock, wallTime: () => 'now' });
  const agent = { status: () => status as unknown as AgentStatus };
  server = await serveEvents({ path, stream, agent, log, stuckMs: 50 });
});
afterEach(() => {
  server.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  rmSync(dir, { recursive: true });
});

const emit = () => stream.emit({ type: 'lease-armed', router: 'web' });

/** Connects and collects; `until` resolves when a line of that type has come. */
function reader() {
  const lines: Line[] = [];
  const waiting: { type: string; resolve(): void }[] = [];
  const ended = readEvents(path, (text) => {
    const line = JSON.parse(text);
    lines.push(line);
    for (const wait of waiting) if (wait.type === line.type) wait.resolve();
  });
  const until = (type: string) =>
    new Promise<void>((resolve) => {
      if (lines.some((line) => line.type === type)) resolve();
      else waiting.push({ type, resolve });
    });
  return { lines, ended, until };
}

test('a reader gets the state, then what happens, until the agent ends', async () => {
  const { lines, ended, until } = reader();
  await until('snapshot');
  emit();
  await until('lease-armed');
  expect(server.readers()).toBe(1);
  server.close();
  await ended;
  expect(lines.map(({ type, sequence }) => `${type} ${sequence}`)).toEqual([
    'snapshot 0',
    'lease-armed 1',
  ]);
});

test('one reader too many is told so, and the others go on', async () => {
  const readers = Array.from({ length: eventReadersMax }, reader);
  await Promise.all(readers.map(({ until }) => until('snapshot')));
  const late = reader();
  await late.ended;
  expect(late.lines).toMatchObject([{ type: 'refused', reason: 'there are 16 readers already' }]);
  emit();
  await Promise.all(readers.map(({ until }) => until('lease-armed')));
});

test('a reader that never reads is disconnected, and holds nobody up', async () => {
  const stuck = net.connect(path);
  sockets.push(stuck);
  await once(stuck, 'connect');
  stuck.pause();
  const { until, lines } = reader();
  await until('snapshot');
  for (let n = 0; n < 20_000 && server.readers() > 1; n++) {
    emit();
    if (n % 100 === 0) await new Promise(setImmediate);
  }
  while (server.readers() > 1) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(lines.filter(({ type }) => type === 'missed')).toEqual([]);
  stuck.resume();
  await once(stuck, 'close');
});

test('what a reader says is thrown away', async () => {
  const talker = net.connect(path);
  sockets.push(talker);
  talker.write('x'.repeat(100_000));
  const [first] = await once(talker.setEncoding('utf8'), 'data');
  expect(JSON.parse(first)).toMatchObject({ type: 'snapshot' });
  const { until } = reader();
  await until('snapshot');
});
