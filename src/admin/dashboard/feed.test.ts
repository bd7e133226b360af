import { once } from 'node:events';
import type { Server } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createControlServer } from '../../control/server.ts';
import { Feed, feedReadersMax } from './feed.ts';
import { EventParser, type ServerEvent } from './page/event-parser.ts';

const lines: string[] = [];
const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
const aborts: AbortController[] = [];
let feed: Feed;
let server: Server;
let looks: number;
/** What a snapshot carries along. */
let version: string;

function begin(agent: () => Promise<null | undefined> = async () => undefined): void {
  const source = {
    traffic: () => null,
    report: () => {
      looks++;
      return null;
    },
    agent,
  };
  feed = new Feed({
    ...{ source, host: 'edge-a', log, everyMs: 10, stuckMs: 50 },
    get version() {
      return version;
    },
    ordersOf: () => 'token',
  });
}

beforeEach(async () => {
  looks = 0;
  version = '1';
  lines.length = 0;
  begin();
  const serve = (...args: Parameters<Feed['serve']>) => feed.serve(...args);
  server = createControlServer({}, log, { streams: { '/events': serve } });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  feed.close();
  for (const abort of aborts.splice(0)) abort.abort();
  server.close();
  server.closeAllConnections();
});

const port = () => (server.address() as AddressInfo).port;

/** Connects; `next` resolves to the next event, `null` at the end. */
async function reader() {
  const abort = new AbortController();
  aborts.push(abort);
  const response = await fetch(`http://127.0.0.1:${port()}/events`, { signal: abort.signal });
  const pieces = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new EventParser();
  const events: ServerEvent[] = [];
  const next = async (): Promise<{ type: string; value: Record<string, unknown> } | null> => {
    while (events.length === 0) {
      const { done, value } = await pieces.read();
      if (done) return null;
      events.push(...parser.push(value));
    }
    const { type, data } = events.shift()!;
    return { type, value: JSON.parse(data) };
  };
  return { response, next, abort };
}

test('a reader gets a hello, then snapshots, until the feed is closed', async () => {
  const { response, next } = await reader();
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(await next()).toMatchObject({ type: 'hello', value: { orders: 'token', history: [] } });
  for (let n = 0; n < 3; n++) {
    expect(await next()).toMatchObject({
      type: 'snapshot',
      value: { host: 'edge-a', tone: 'bad', balancer: null, agent: null },
    });
  }
  feed.close();
  while ((await next()) !== null);
});

test('a snapshot is made once for all, and none when nobody looks', async () => {
  const readers = await Promise.all(Array.from({ length: 5 }, reader));
  for (const { next } of readers) for (let n = 0; n < 10; n++) await next();
  // Nine snapshots each; made for each of five they were 45.
  expect(looks).toBeLessThan(30);
  for (const { abort } of readers) abort.abort();
  await vi.waitFor(() => expect(feed.readers).toBe(0));
  const then = looks;
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(looks).toBe(then);
});

test('one reader too many is told so, and the next one is not when another leaves', async () => {
  const readers = await Promise.all(Array.from({ length: feedReadersMax }, reader));
  const late = await reader();
  expect(late.response.status).toBe(503);
  expect(late.response.headers.get('retry-after')).toBe('10');
  readers[0]!.abort.abort();
  await vi.waitFor(() => expect(feed.readers).toBe(feedReadersMax - 1));
  expect((await reader()).response.status).toBe(200);
});

test('who reads nothing is disconnected, and holds nobody up', async () => {
  version = 'x'.repeat(500_000);
  const stuck = net.connect(port(), '127.0.0.1').pause();
  stuck.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await vi.waitFor(() => expect(feed.readers).toBe(1));
  const other = await reader();
  await vi.waitFor(
    async () => {
      await other.next();
      expect(feed.readers).toBe(1);
    },
    { timeout: 10_000, interval: 1 },
  );
  expect(lines.join()).toContain('reads /events too slowly: disconnected');
  expect(await other.next()).not.toBeNull();
  stuck.destroy();
});

test('a snapshot that cannot be made ends the readers, not the balancer', async () => {
  feed.close();
  begin(() => Promise.reject(new Error('of a test')));
  const { next } = await reader();
  await expect(next()).rejects.toThrow();
  expect(lines.join()).toContain('no snapshot for /events: of a test');
  expect(feed.readers).toBe(0);
});
