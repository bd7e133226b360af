/** A balancer on io_uring that dies of signals comes back on node:net, and on io_uring after a stop. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { uringRefusal } from '../../proxy/index.ts';

const LAUNCHER = join(import.meta.dirname, '..', 'cli', 'launcher.js');
const config = (port: number) => `upstreams: { o: { servers: [{ address: "127.0.0.1:9" }] } }
listeners: { w: { bind: ["127.0.0.1:${port}"], protocol: tcp, upstream: o } }
proxy: { workers: 1, io: uring }
`;
const refusal = uringRefusal();
const unless = refusal === null ? '' : `, not here: ${refusal}`;
const dir = mkdtempSync(join(tmpdir(), 'tandem-crash-'));
const file = join(dir, 'tandem.yaml');
let child: ChildProcess;

afterEach(() => {
  child.kill('SIGKILL');
  rmSync(dir, { recursive: true });
});

/** Starts it, says on what it serves, and ends it by this signal. */
async function live(signal: NodeJS.Signals): Promise<string> {
  child = spawn(process.execPath, [LAUNCHER, 'proxy', '-c', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TANDEM_RUNTIME_DIR: join(dir, 'run') },
  });
  const said: string[] = [];
  const exit = once(child, 'exit');
  for await (const line of createInterface(child.stdout!)) {
    said.push(line);
    if (line.includes('accepts tcp')) child.kill(signal);
  }
  await exit;
  return said.join('\n');
}

test.skipIf(refusal !== null)(
  `two deaths by SIGSEGV within a minute end the use of io_uring${unless}`,
  { timeout: 60_000 },
  async () => {
    const socket = createServer().listen(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address() as AddressInfo;
    socket.close();
    writeFileSync(file, config(port));
    expect(await live('SIGSEGV')).toContain('reached through io_uring');
    expect(await live('SIGSEGV')).toContain('reached through io_uring');
    const third = await live('SIGTERM');
    expect(third).toContain('io_uring is given up: the balancer died twice');
    expect(third).toContain('reached through node:net');
    expect(await live('SIGTERM')).toContain('reached through io_uring');
  },
);
