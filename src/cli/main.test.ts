import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const launcher = join(import.meta.dirname, 'launcher.js');

/** The real program in a process of its own. */
function tandem(...args: string[]) {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync(process.execPath, [launcher, ...args], { encoding: 'utf8', env });
}

test('version names what gets security fixes of its own', () => {
  const { status, stdout } = tandem('version');
  expect(status).toBe(0);
  expect(stdout).toBe(
    `tandem 0.1.0 (Node.js ${process.versions.node}, OpenSSL ${process.versions.openssl})\n`,
  );
  expect(JSON.parse(tandem('version', '--json').stdout)).toEqual({
    tandem: '0.1.0',
    node: process.versions.node,
    openssl: process.versions.openssl,
  });
});

test('exit status: 0 good, 1 bad, 2 usage', () => {
  const example = join(import.meta.dirname, '../config/fixtures/example.yaml');
  expect(tandem('check', '-c', example).status).toBe(0);
  expect(tandem('check', '-c', import.meta.dirname)).toMatchObject({
    status: 1,
    stdout: '',
    stderr: `${import.meta.dirname}: is a directory, not a config file\n`,
  });
  expect(tandem('check', '--wrong').status).toBe(2);
});

test('the schema arrives whole through a pipe', () => {
  const { status, stdout } = tandem('schema');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ title: 'Tandem configuration' });
});

test('a reader that leaves early is no failure', async () => {
  const child = spawn(process.execPath, [launcher, 'schema'], { stdio: 'pipe' });
  // Long before the child has started it can write to nobody.
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [status] = await once(child, 'close');
  expect([status, stderr]).toEqual([0, '']);
});

test('output that cannot be written is told in a line', () => {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [launcher, 'version'], {
    ...{ encoding: 'utf8', stdio: ['ignore', full, 'pipe'] },
  });
  closeSync(full);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^tandem: cannot write the output: ENOSPC[^\n]*\n$/);
});
