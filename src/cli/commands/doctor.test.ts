import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { tandem } from '../terminal.case.ts';
import { doctorView } from '../views/doctor-view.ts';
import { doctor } from './doctor.ts';

const folder = mkdtempSync(join(tmpdir(), 'tandem-doctor-'));
const file = join(folder, 'tandem.yaml');
writeFileSync(
  file,
  `nodes: { edge-a: { priority: 200 }, edge-b: { priority: 100 } }
listeners: { a: { bind: "127.0.0.1:1", protocol: http, routes: [{ respond: ready }] } }
`,
);
afterAll(() => rmSync(folder, { recursive: true }));

const env = { TANDEM_RUNTIME_DIR: folder };
const run = (...args: string[]) =>
  tandem([doctor], ['doctor', '--listen', '0s', ...args], { env, hostname: 'edge-a' });

test('the host is judged by the config, as a table or as JSON', async () => {
  const { stdout, stderr } = await run('-c', file);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^ok +config +.*tandem\.yaml: is right$/m);
  expect(stdout).toMatch(/^ok +config +node: this host is edge-a$/m);
  expect(stdout).toMatch(/\n\n\d+ checks: \d+ ok, \d+ warn, \d+ bad, \d+ unknown/);
  const json = JSON.parse((await run('-c', file, '--json')).stdout);
  expect(json.findings[0]).toEqual({
    ...{ check: 'config', verdict: 'ok', what: file, reason: 'is right', remedy: null },
  });
  expect(json.counts.ok).toBeGreaterThan(5);
  expect(json.ok).toBe(json.counts.bad === 0);
});

test('a config that is wrong is bad, and the rest of the host is looked at all the same', async () => {
  const { status, stdout } = await run('-c', join(folder, 'none'));
  expect(status).toBe(1);
  expect(stdout).toMatch(
    /^bad +config +.*no such file; of what depends on it nothing was looked at$/m,
  );
  expect(stdout).toContain(`-> tandem check -c ${join(folder, 'none')}`);
  expect(stdout).toMatch(/^ok +versions +Node\.js: /m);
});

test('a host that is none of the nodes is told', async () => {
  const { status, stdout } = await run('-c', file, '--node', 'edge-c');
  expect(status).toBe(1);
  expect(stdout).toContain('--node says "edge-c"');
});

test.each(['soon', '5', '61s'])('--listen %s is wrong', async (time) => {
  const outcome = await tandem([doctor], ['doctor', '--listen', time], { env });
  expect(outcome.status).toBe(2);
  expect(outcome.stderr).toContain(`--listen: found ${time}; allowed: 0s to 60s`);
});

test('what to do stands below what it is about, in one column', () => {
  const found = [
    { check: 'disk', verdict: 'ok', what: '/run', reason: '1 GiB free', remedy: null },
    { check: 'clock', verdict: 'unknown', what: 'clock', reason: 'silent', remedy: 'timedatectl' },
  ] as const;
  expect(doctorView(found).split('\n').slice(0, 4)).toEqual([
    'ok       disk   /run: 1 GiB free',
    'unknown  clock  clock: silent',
    '         -> timedatectl',
    '',
  ]);
});
