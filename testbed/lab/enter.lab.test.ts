/**
 * The real way in, again: these tests already run inside the lab, so each of them enters a second
 * one, which needs a mark that does not fit.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { insideLab } from './enter.ts';
import { waitUntil } from './wait-until.ts';

const ENTER = join(import.meta.dirname, 'enter.ts');
const running: ChildProcessWithoutNullStreams[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

const enter = (command: readonly string[], mark = 'another') => {
  const child = spawn(process.execPath, [ENTER, '--', ...command], {
    env: { ...process.env, TANDEM_LAB: mark },
  });
  running.push(child);
  const output = { text: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.text += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.errors += text;
  });
  const closed = once(child, 'close').then(([code]) => code as number | null);
  return { child, output, closed };
};

test('the test run itself is inside', () => {
  expect(insideLab()).toBe(true);
});

test('a command runs in namespaces of its own, with the file system as it is', async () => {
  // Not below TMPDIR: that is the outer lab's, and each has its own.
  const folder = mkdtempSync('/tmp/tandem-enter-');
  const script = `readlink /proc/self/ns/net /proc/self/ns/pid /proc/self/ns/mnt
    ip -o link | wc -l; find /run -mindepth 1 | xargs; echo $TMPDIR; touch ${folder}/written; exit 7`;
  const { output, closed } = enter(['sh', '-c', script]);
  expect(await closed).toBe(7);
  const [net, pid, mnt, links, files, temporary] = output.text.trim().split('\n');
  for (const [kind, seen] of Object.entries({ net, pid, mnt })) {
    expect(seen).not.toBe(readlinkSync(`/proc/self/ns/${kind}`));
  }
  expect([links, files, temporary]).toEqual(['1', '/run/lab /run/lab/tmp', '/run/lab/tmp']);
  expect(existsSync(join(folder, 'written'))).toBe(true);
  rmSync(folder, { recursive: true });
});

test('entering twice is entering once', async () => {
  const nested = `node=${process.execPath}; before=$(readlink /proc/self/ns/net)
    after=$($node ${ENTER} -- readlink /proc/self/ns/net); test "$before" = "$after"`;
  expect(await enter(['sh', '-c', nested]).closed).toBe(0);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s reaches the command', async (signal) => {
  const script = `process.on('${signal}', () => process.exit(42));
    console.log('up'); setTimeout(() => {}, 60_000);`;
  const { child, closed } = enter([process.execPath, '-e', script]);
  await once(child.stdout, 'data');
  child.kill(signal);
  expect(await closed).toBe(42);
});

test('a command ended by a signal has the status a shell would give it', async () => {
  expect(await enter(['sh', '-c', 'kill -KILL $$']).closed).toBe(137);
});

test('what a command leaves running ends with it', async () => {
  const { output, closed } = enter(['sh', '-c', 'setsid sleep 70001 >&- 2>&- & echo $!']);
  expect(await closed).toBe(0);
  expect(output.text.trim()).toMatch(/^\d+$/);
  await noneRuns('sleep 70001');
});

test('when the way in is killed, everything inside is', async () => {
  const { child, closed } = enter(['sh', '-c', 'setsid sleep 70002 & echo up; sleep 70003']);
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await closed;
  await noneRuns('sleep 7000[23]');
});

test('a wrong command line is status 2 with the usage', async () => {
  const child = spawn(process.execPath, [ENTER, 'true']);
  running.push(child);
  expect(await once(child, 'close').then(([code]) => code)).toBe(2);
});

/**
 * Processes of inner namespaces are seen from here, the outer one; those of other tests too, so the
 * patterns here are nobody else's.
 */
const noneRuns = async (pattern: string) => {
  const runs = async () => {
    const search = spawn('sh', ['-c', `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '`]);
    let text = '';
    search.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await once(search, 'close');
    return new RegExp(pattern).test(text);
  };
  await waitUntil(`no ${pattern}`, async () => !(await runs()), 5_000);
};
