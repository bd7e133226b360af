import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseCpuList } from './cores.ts';
import { PinnedProcess } from './pinned-process.ts';
import { freePorts } from './ports.ts';

function folderForTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-pinned-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function allowedCores(pid: number | 'self'): readonly number[] {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return parseCpuList(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)![1]!);
}

const core = allowedCores('self').at(-1)!;

function node(script: string, ports: readonly number[]) {
  return { argv: [process.execPath, '-e', script] as [string, ...string[]], ports };
}

test('a server is up, on its core and nowhere else, until it is stopped', async () => {
  const [port] = await freePorts(1);
  const script = `require('node:net').createServer().listen(${port}, '127.0.0.1')`;
  const server = await PinnedProcess.start('one', node(script, [port!]), core, folderForTest());
  expect(allowedCores(server.pid)).toEqual([core]);
  server.assertAlive();
  await server.stop();
  expect(() => process.kill(server.pid, 0)).toThrow('ESRCH');
  expect(() => server.assertAlive()).toThrow('one has ended: without a word');
});

test('one that dies instead of serving says its last words', async () => {
  const [port] = await freePorts(1);
  const script = `console.error('cannot bind, alas'); process.exit(3)`;
  await expect(
    PinnedProcess.start('two', node(script, [port!]), core, folderForTest()),
  ).rejects.toThrow('two has ended: cannot bind, alas');
});

test('one that does not listen to SIGTERM is ended all the same', async () => {
  const [port] = await freePorts(1);
  const script = `process.on('SIGTERM', () => {});
    require('node:net').createServer().listen(${port}, '127.0.0.1')`;
  const server = await PinnedProcess.start('three', node(script, [port!]), core, folderForTest());
  await server.stop();
  expect(() => process.kill(server.pid, 0)).toThrow('ESRCH');
});
