/** Servers that are drained and weighed at a running balancer, by the command line, under requests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { drain } from '../cli/commands/drain.ts';
import { undrain } from '../cli/commands/undrain.ts';
import { weight } from '../cli/commands/weight.ts';
import { tandem } from '../cli/terminal.case.ts';
import { WishesFile } from '../runtime/wishes-file.ts';

const LAUNCHER = join(import.meta.dirname, '..', 'cli', 'launcher.js');

/** A server that answers with its name; what asks for /slow waits until the test lets it go. */
class Origin {
  readonly slow: ServerResponse[] = [];
  readonly #server: Server;

  constructor(name: string) {
    this.#server = createServer((request, response) => {
      if (request.url === '/slow') this.slow.push(response);
      else response.end(name);
    });
  }

  async listen(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

let dir: string;
let origins: readonly Origin[];
let servers: readonly string[];
let env: NodeJS.ProcessEnv;
let child: ChildProcess;
let port: number;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-servers-'));
  env = { ...process.env, TANDEM_RUNTIME_DIR: join(dir, 'run') };
  origins = [new Origin('a'), new Origin('b')];
  servers = await Promise.all(origins.map((origin) => origin.listen()));
  port = await freePort();
  const list = servers.map((address) => `{ address: "${address}" }`).join(', ');
  writeFileSync(
    join(dir, 'tandem.yaml'),
    `upstreams: { web: { servers: [${list}] } }
listeners: { h: { bind: "127.0.0.1:${port}", protocol: http, routes: [{ upstream: web }] } }
proxy: { workers: 2 }
`,
  );
  await start();
});

afterEach(async () => {
  await stop();
  for (const origin of origins) origin.close();
  rmSync(dir, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts the balancer; what it has said until it is ready. */
async function start(): Promise<string> {
  child = spawn(process.execPath, [LAUNCHER, 'proxy', '-c', join(dir, 'tandem.yaml')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout!)) {
    lines.push(line);
    if (line.includes('the balancer is ready')) break;
  }
  child.stdout!.resume();
  return lines.join('\n');
}

async function stop(): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

const run = (...args: string[]) => tandem([drain, undrain, weight], args, { env });

async function ask(path = '/'): Promise<string> {
  const [response] = await once(get({ port, host: '127.0.0.1', path, agent: false }), 'response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return `${response.statusCode} ${body}`;
}

/** Who answered, of so many requests on connections of their own. */
async function answers(count: number): Promise<string> {
  const all = await Promise.all(Array.from({ length: count }, () => ask()));
  return [...new Set(all)].sort().join(', ');
}

test('a drained server finishes what it has and gets nothing new, also after a restart', {
  timeout: 60_000,
}, async () => {
  expect(await answers(8)).toBe('200 a, 200 b');
  const slow = [ask('/slow'), ask('/slow'), ask('/slow'), ask('/slow')];
  await expect
    .poll(() => origins.map(({ slow }) => slow.length), { timeout: 10_000 })
    .toEqual([2, 2]);
  const drained = run('drain', servers[0]!);
  await expect.poll(() => answers(8), { timeout: 10_000 }).toBe('200 b');
  for (const origin of origins) for (const response of origin.slow) response.end('slow');
  expect(await Promise.all(slow)).toEqual(Array(4).fill('200 slow'));
  expect(await drained).toMatchObject({
    status: 0,
    stdout:
      `${servers[0]} of upstream web: gets no new work; 2 requests and sessions are left\n` +
      'drained: nothing is left on it\n',
  });
  await stop();
  expect(await start()).toContain(
    `as before the restart, where they are servers now: ${servers[0]} of upstream web drains`,
  );
  expect(await answers(8)).toBe('200 b');
  expect(await run('drain', servers[1]!, '--no-wait')).toMatchObject({
    stderr:
      'upstream web: NO SERVER IS LEFT for new work: HTTP clients get 503, others are refused\n',
  });
  expect((await ask()).slice(0, 3)).toBe('503');
  for (const server of servers) {
    expect(await run('undrain', server)).toMatchObject({ status: 0, stderr: '' });
  }
  expect(await answers(8)).toBe('200 a, 200 b');
  await run('weight', servers[1]!, '0');
  expect(await answers(8)).toBe('200 a');
  await run('weight', servers[1]!, 'file');
  expect(await answers(8)).toBe('200 a, 200 b');
  expect(new WishesFile(env.TANDEM_RUNTIME_DIR!).read()).toEqual({ wishes: [], broken: null });
});
