import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RawOrigin, rawClient } from './raw-peers.fixture.ts';
import type { ServerTotals } from './shared/totals.ts';

interface Report {
  readonly server: ServerTotals;
  readonly told: unknown[];
}

let origin: RawOrigin;
let child: ChildProcess;

beforeEach(async () => {
  origin = await RawOrigin.listen();
});

afterEach(() => {
  child.kill('SIGKILL');
  origin.close();
});

/** Has a client of a balancer that has no descriptor for a server do something, and asks how it went. */
async function short(
  protocol: 'http' | 'tcp',
  use: (port: number) => Promise<void>,
): Promise<Report> {
  const script = new URL('no-descriptors.fixture.ts', import.meta.url).pathname;
  const command = ['-c', 'ulimit -n 80; exec "$0" "$@"', process.execPath, script];
  child = spawn('sh', [...command, protocol, `${origin.port}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [port] = await once(child.stdout!, 'data');
  await use(Number(port));
  child.stdin!.end();
  return JSON.parse(await text(child.stdout!));
}

const BLAMELESS = { connectFailures: 0, connectTimeouts: 0, inFlight: 0, requests: 1 };
const TOLD = { code: 'no_resources', at: 'web', errno: 'EMFILE', times: 1 };

it('a request for which we lack a descriptor gets a 503, and no server is blamed', async () => {
  const { server, told } = await short('http', async (port) => {
    const client = await rawClient(port);
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await client.end()).toMatch(/^HTTP\/1.1 503 .*Connection: close\r\n.*this balancer/s);
  });
  expect(server).toMatchObject(BLAMELESS);
  expect(told).toEqual([TOLD]);
  expect(origin.accepted).toBe(0);
});

it('a session for which we lack a descriptor is reset, and no server is blamed', async () => {
  const { server, told } = await short('tcp', async (port) => {
    // The reset may come before the client knows that it is connected.
    const [error] = await once(net.connect(port, '127.0.0.1'), 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });
  expect(server).toMatchObject(BLAMELESS);
  expect(told).toEqual([TOLD]);
  expect(origin.accepted).toBe(0);
});

// Not one: the socket's duplicate cannot be made. One: it can, and the thread cannot.
it.each([0, 1])(
  'a worker for which we lack descriptors, but %i, is started later',
  async (spare) => {
    const script = new URL('no-worker.fixture.ts', import.meta.url).pathname;
    const command = ['-c', 'ulimit -n 100; exec "$0" "$@"', process.execPath, script, `${spare}`];
    child = spawn('sh', command, { stdio: ['ignore', 'pipe', 'inherit'] });
    const { starved, fed, more } = JSON.parse(await text(child.stdout!));
    expect(starved).toEqual(['waiting', 'running']);
    expect(fed).toEqual(['running', 'running']);
    // A worker may have a descriptor more or less for a moment; each start used to leave one for ever.
    expect(more).toBeLessThan(2);
  },
  30_000,
);
