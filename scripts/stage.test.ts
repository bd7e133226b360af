import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { productionPackages, stage } from './stage.ts';

const root = new URL('..', import.meta.url).pathname;
let folder: string;
let product: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-stage-'));
  product = join(folder, 'usr', 'lib', 'tandem');
  stage(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the staged Node.js in the staged folder, where it can find nothing of the checkout. */
const runStaged = (...args: string[]) =>
  execFileSync(join(product, 'bin', 'node'), args, { cwd: product, encoding: 'utf8', env: {} });

test('the staged program runs by itself', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(runStaged('dist/src/cli/launcher.js', 'version')).toContain(version);
  const example = join(root, 'src/config/fixtures/example.yaml');
  const check = spawnSync(
    join(product, 'bin', 'node'),
    ['dist/src/cli/launcher.js', 'check', '-c', example, '--node', 'edge-a'],
    { cwd: product, encoding: 'utf8', env: {} },
  );
  // What this host lacks is its own affair.
  expect(check.stderr.replace(/^this host: .*\n/gm, '')).toBe('');
  expect(check.status).toBe(0);
});

test('every runtime dependency loads from the staged tree, and only from there', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const names = Object.keys(dependencies);
  const script = `
    const resolved = [];
    for (const name of ${JSON.stringify(names)}) {
      await import(name);
      resolved.push(import.meta.resolve(name));
    }
    console.log(JSON.stringify(resolved));`;
  const resolved: string[] = JSON.parse(runStaged('--input-type=module', '-e', script));
  expect(resolved).toHaveLength(names.length);
  for (const url of resolved) expect(url).toContain(`file://${product}/`);
});

test('the dashboard is there, with every module and file that it asks for', async () => {
  const page = join(product, 'dist/src/admin/dashboard/page');
  const { dashboardRoutes } = await import('../src/admin/dashboard/assets.ts');
  const routes = dashboardRoutes(page);
  const asked = Object.keys(routes).flatMap((path) => {
    const text = readFileSync(join(page, path.split('/')[2] ?? 'index.html'), 'utf8');
    const imported = text.matchAll(/from '\.(\/[^']+)'/g);
    const linked = text.matchAll(/(?:href|src)="(\/[^"]+)"/g);
    return [
      ...[...imported].map(([, name]) => `/dashboard${name}`),
      ...[...linked].map(([, name]) => name!),
    ];
  });
  expect(asked).toContain('/dashboard/main.js');
  expect(asked).toContain('/dashboard/patch.js');
  expect(asked.filter((path) => routes[path] === undefined)).toEqual([]);
  const modules = readdirSync(page).filter((name) => name.endsWith('.js'));
  expect(modules.filter((name) => !asked.includes(`/dashboard/${name}`))).toEqual([]);
  // Tests, types and sources stay at home.
  expect(readdirSync(page).filter((name) => /\.test\.|\.ts$|\.json$/.test(name))).toEqual([]);
});

test('nothing is staged that only building and testing need', () => {
  const staged = readdirSync(join(product, 'node_modules'));
  expect(staged).not.toContain('typescript');
  expect(staged).not.toContain('vitest');
  expect(staged.filter((name) => /^node-linux-|^@types$/.test(name))).toEqual([]);
  expect(productionPackages().some((path) => path.startsWith('node_modules/pino'))).toBe(true);
});

test('the command and the units are where the package will put them', () => {
  const command = readFileSync(join(folder, 'usr/bin/tandem'), 'utf8');
  expect(statSync(join(folder, 'usr/bin/tandem')).mode & 0o777).toBe(0o755);
  const units = join(folder, 'usr/lib/systemd/system');
  const paths = [
    command,
    ...readdirSync(units).map((unit) => readFileSync(join(units, unit), 'utf8')),
  ].flatMap((text) => text.match(/\/usr\/lib\/tandem\/\S+/g) ?? []);
  expect(paths.length).toBeGreaterThan(4);
  for (const path of paths) expect(existsSync(join(folder, path)), path).toBe(true);
});

test('everybody may read it, and nobody but its owner may write it', () => {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const modes = entries.map((it) => statSync(join(it.parentPath, it.name)).mode & 0o777);
  expect([...new Set(modes)].sort()).toEqual([0o644, 0o755]);
});

test('staging again replaces what was there', () => {
  const stale = join(folder, 'usr', 'lib', 'tandem', 'dist', 'stale.js');
  execFileSync('touch', [stale]);
  stage(folder);
  expect(existsSync(stale)).toBe(false);
});
