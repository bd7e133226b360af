/** A balancer on io_uring that crashes comes back on node:net, and on io_uring after a stop. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { uringRefusal } from '../../proxy/index.ts';
import { balancerEndedSaysSystemd } from './ended.ts';

const LAUNCHER = join(import.meta.dirname, '..', 'cli', 'launcher.js');
const config = (port: number) => `upstreams: { o: { servers: [{ address: "127.0.0.1:9" }] } }
listeners: { w: { bind: ["127.0.0.1:${port}"], protocol: tcp, upstream: o } }
proxy: { workers: 1 }
`;
const refusal = uringRefusal();
const unless = refusal === null ? '' : `, not here: ${refusal}`;
/** When it has begun on io_uring, and when it serves. */
const BEGUN = 'reached through io_uring';
const SERVES = 'accepts tcp';
let dir: string;
let file: string;
let env: NodeJS.ProcessEnv;
let child: ChildProcess;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-crash-'));
  file = join(dir, 'tandem.yaml');
  env = { ...process.env, TANDEM_RUNTIME_DIR: join(dir, 'run') };
  const socket = createServer().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  writeFileSync(file, config((socket.address() as AddressInfo).port));
  socket.close();
});

afterEach(() => {
  child.kill('SIGKILL');
  rmSync(dir, { recursive: true });
});

/** Starts it, ends it by this signal when it has said so much, and gives what it has said. */
async function live(signal: NodeJS.Signals, cue = SERVES): Promise<string> {
  child = spawn(process.execPath, [LAUNCHER, 'proxy', '-c', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const lines: string[] = [];
  const exit = once(child, 'exit');
  for await (const line of createInterface(child.stdout!)) {
    lines.push(line);
    if (line.includes(cue)) child.kill(signal);
  }
  await exit;
  return lines.join('\n');
}

/** What systemd tells the unit's ExecStopPost. */
const said = (how: 'killed' | 'dumped', status: string) => ({
  ...env,
  EXIT_CODE: how,
  EXIT_STATUS: status,
});

describe.skipIf(refusal !== null)(`the use of io_uring${unless}`, { timeout: 120_000 }, () => {
  test('ends with two crashes within a minute, and begins again after a stop', async () => {
    for (let crash = 0; crash < 2; crash++) {
      expect(await live('SIGSEGV')).toContain(BEGUN);
      balancerEndedSaysSystemd(said('dumped', 'SEGV'));
    }
    const third = await live('SIGKILL');
    expect(third).toContain('io_uring is given up: the balancer crashed twice');
    expect(third).toContain('reached through node:net');
    // That it was killed meanwhile says nothing for io_uring.
    balancerEndedSaysSystemd(said('killed', 'KILL'));
    expect(await live('SIGTERM')).toContain('reached through node:net');
    expect(await live('SIGTERM')).toContain(BEGUN);
  });

  test('goes on after a balancer was killed from outside, however often', async () => {
    for (let time = 0; time < 3; time++) {
      expect(await live('SIGKILL')).toContain(BEGUN);
      const options = { env: said('killed', 'KILL') };
      execFileSync(process.execPath, [LAUNCHER, 'proxy', '--ended'], options);
    }
  });

  test('goes on after a balancer was stopped before it served', async () => {
    for (let time = 0; time < 3; time++) expect(await live('SIGTERM', BEGUN)).toContain(BEGUN);
  });
});
