/** A real balancer whose file is changed under it, by the command line and by signal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reload } from '../cli/commands/reload.ts';
import { rollback } from '../cli/commands/rollback.ts';
import { status } from '../cli/commands/status.ts';
import { tandem } from '../cli/terminal.case.ts';

const LAUNCHER = join(import.meta.dirname, '..', 'cli', 'launcher.js');
let dir: string;
let file: string;
let env: NodeJS.ProcessEnv;
let child: ChildProcess;
let lines: string[];
let heard: () => void;
let port: number;

const config = (body: string) => `listeners:
  web:
    bind: "127.0.0.1:${port}"
    protocol: http
    routes: [{ respond: { status: 200, body: "${body}" } }]
proxy: { workers: 1 }
`;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-reloaded-'));
  file = join(dir, 'tandem.yaml');
  env = { ...process.env, TANDEM_RUNTIME_DIR: join(dir, 'run') };
  const socket = createServer().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  port = (socket.address() as AddressInfo).port;
  socket.close();
  writeFileSync(file, config('one'));
  child = spawn(process.execPath, [LAUNCHER, 'proxy', '-c', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  lines = [];
  heard = () => {};
  createInterface(child.stdout!).on('line', (line) => {
    lines.push(line);
    heard();
  });
  await said('the balancer is ready');
});

afterEach(async () => {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
  rmSync(dir, { recursive: true });
});

/** Resolves with the line in which it has said so. */
async function said(text: string): Promise<string> {
  for (;;) {
    const found = lines.find((line) => line.includes(text));
    if (found !== undefined) return found;
    await new Promise<void>((resolve) => {
      heard = resolve;
    });
  }
}

const run = (...args: string[]) => tandem([reload, rollback, status], args, { env });
const ask = async () => (await fetch(`http://127.0.0.1:${port}/`)).text();
const report = async () =>
  JSON.parse((await run('status', '-c', file, '--json')).stdout).proxy.status;

test('a mistake is told with its place, and the balancer goes on as it is', {
  timeout: 60_000,
}, async () => {
  const history = join(dir, 'run', 'state', 'history');
  await expect.poll(() => readdirSync(history), { timeout: 10_000 }).toHaveLength(1);
  const [kept] = readdirSync(history);
  expect(readFileSync(join(history, kept!), 'utf8')).toBe(config('one'));
  writeFileSync(file, config('two').replace('http', 'htpp'));
  const refused = await run('reload');
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(
    new RegExp(
      `^${file}:4:15: listeners.web.protocol: .*\\nthe reload was refused; nothing has changed\\n$`,
    ),
  );
  child.kill('SIGHUP');
  expect(await said('SIGHUP: the reload was refused')).toContain(`${file}:4:15`);
  expect(await ask()).toBe('one');
  expect((await report()).config).toMatchObject({ file, generation: 1 });
});

test('follows the file by command and by signal, on a connection that stays open, and back', {
  timeout: 60_000,
}, async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async () => {
    const request = http.get({ port, host: '127.0.0.1', agent });
    const [response] = await once(request, 'response');
    let body = '';
    for await (const chunk of response) body += chunk;
    return `${body} ${request.reusedSocket}`;
  };
  try {
    expect(await ask()).toBe('one false');
    writeFileSync(file, config('two'));
    const reloaded = await run('reload');
    expect(reloaded).toMatchObject({ status: 0, stderr: '' });
    expect(reloaded.stdout).toContain(`balancer follows ${file}`);
    expect(await ask()).toBe('two true');
    writeFileSync(file, config('three'));
    child.kill('SIGHUP');
    await said('SIGHUP: balancer follows');
    expect(await ask()).toBe('three true');
    expect((await report()).config).toMatchObject({ generation: 3 });
    expect(await run('rollback')).toMatchObject({ status: 0 });
    expect(await ask()).toBe('two true');
    expect(readFileSync(file, 'utf8')).toBe(config('two'));
    expect((await run('reload')).stdout).toContain('nothing to do');
  } finally {
    agent.destroy();
  }
});
