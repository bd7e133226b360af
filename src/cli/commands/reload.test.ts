/** `tandem reload` against desks behind real control sockets. */

import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createControlServer, json } from '../../control/server.ts';
import { afterMs, ReloadDesk, ReloadRefusal } from '../../reload/reload-desk.ts';
import type { HalfName, PlanLine } from '../../reload/reload-half.ts';
import { orderReload, reportReload } from '../../reload/reload-orders.ts';
import { SOCKETS } from '../../runtime/runtime-dir.ts';
import { listenUnix } from '../../runtime/unix-listener.ts';
import { tandem } from '../terminal.case.ts';
import { reload } from './reload.ts';

const log = pino({ level: 'silent' });
const FILE = '/etc/tandem/tandem.yaml';
let dir: string;
let servers: Server[];
let running: Record<HalfName, string>;
let file: { digest: string; reasons: readonly string[]; plan: readonly PlanLine[] };

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-reload-'));
  servers = [];
  running = { agent: 'a'.repeat(64), balancer: 'a'.repeat(64) };
  const line = { what: 'changed', kind: 'route', name: 'http/api', disturbs: null } as const;
  file = { digest: 'b'.repeat(64), reasons: [], plan: [line] };
});
afterEach(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(dir, { recursive: true });
});

async function start(half: HalfName): Promise<ReloadDesk> {
  const desk = new ReloadDesk({
    half,
    async prepare() {
      if (file.reasons.length > 0) throw new ReloadRefusal(file.reasons);
      const { digest, plan } = file;
      const offer = {
        ...{ digest, running: running[half], node: 'edge-a', file: FILE, warnings: [] },
        ...{ plan: half === 'balancer' ? plan : [], wants: { agent: true, balancer: true } },
      };
      return {
        offer,
        apply: async () => {
          running[half] = digest;
        },
        abandon: async () => {},
      };
    },
    running: () => running[half],
    preparedMaxMs: 60_000,
    after: afterMs,
    log,
  });
  const server = createControlServer(
    { '/reload': () => reportReload(desk), '/status': () => json({}) },
    log,
    { orders: { '/reload': (query) => orderReload(desk, query) } },
  );
  servers.push(server);
  await listenUnix(server, join(dir, SOCKETS[half === 'agent' ? 'keepalive' : 'proxy']));
  return desk;
}

const run = (...args: string[]) =>
  tandem([reload], ['reload', ...args], { env: { TANDEM_RUNTIME_DIR: dir } });

test('says what changes and does it, then that there is nothing to do', async () => {
  await start('agent');
  await start('balancer');
  const { status, stdout, stderr } = await run();
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toBe(
    'HALF      WHAT     KIND   NAME      DISTURBS\n' +
      'balancer  changed  route  http/api  nobody\n\n' +
      `agent and balancer follow ${FILE} (config bbbbbbbbbbbb), 1 change\n`,
  );
  expect(running).toEqual({ agent: file.digest, balancer: file.digest });
  file.plan = [];
  expect((await run()).stdout).toContain('nothing to do: agent and balancer follow');
});

test('a dry run only says it', async () => {
  await start('agent');
  const balancer = await start('balancer');
  const { status, stdout } = await run('--dry-run', '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ result: 'planned', digest: file.digest, file: FILE },
    plan: [
      { half: 'agent', lines: [] },
      { half: 'balancer', lines: file.plan },
    ],
  });
  expect(running.balancer).toBe('a'.repeat(64));
  expect(balancer.report().state).toBe('idle');
});

test('what is refused is told line by line, with exit status 1', async () => {
  await start('agent');
  await start('balancer');
  file.reasons = [`${FILE}:3:7: listeners.web.bind: found 70000`];
  expect(await run()).toEqual({
    status: 1,
    stdout: '',
    stderr: `${FILE}:3:7: listeners.web.bind: found 70000\nthe reload was refused; nothing has changed\n`,
  });
});

test('a second one is refused while one is under way, or waits for it', async () => {
  const agent = await start('agent');
  await start('balancer');
  await agent.prepare('somebody-else');
  expect(await run()).toMatchObject({
    status: 1,
    stderr:
      'agent: another reload is under way (prepared)\nanother reload is under way; nothing was done\n',
  });
  const waits = run('--wait');
  await agent.abandon('somebody-else');
  expect(await waits).toMatchObject({ status: 0 });
});

test('a file or a node that does not run here was meant for another host', async () => {
  await start('agent');
  await start('balancer');
  expect((await run('-c', '/tmp/other.yaml')).stderr).toContain(`was started with ${FILE}`);
  expect((await run('--node', 'edge-b')).stderr).toContain('this host runs as edge-a');
  expect(running.agent).toBe('a'.repeat(64));
});

test('half a node is reloaded with a word about the other half; none is none', async () => {
  expect(await run()).toMatchObject({ status: 1 });
  await start('balancer');
  const { status, stderr } = await run();
  expect(status).toBe(0);
  expect(stderr).toMatch(
    /^agent: not running \(.*keepalive.sock\); it reads the file when it starts/,
  );
});
