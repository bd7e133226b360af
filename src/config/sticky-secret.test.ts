import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LoadOptions, loadConfig } from './index.ts';
import { formatProblem } from './problem.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const PAIR = `
nodes: { a: { address: 198.51.100.11, priority: 200 }, b: { address: 198.51.100.12 } }
virtual_routers: { web: { vrid: 1, interface: eth0, addresses: [198.51.100.100/24] } }
`;

/** The cookie's secret as the half gets it, or what it is told. */
function load(sticky: string, more: string, options: Partial<LoadOptions>): string[] {
  const file = join(folder, 'tandem.yaml');
  const server = '{ address: 198.51.100.21:80 }';
  writeFileSync(
    file,
    `upstreams: { api: { sticky: ${sticky}, servers: [${server}] } }
listeners: { http: { bind: "0.0.0.0:80", protocol: http, routes: [{ upstream: api }] } }
${more}`,
  );
  const result = loadConfig(file, { env: {}, hostname: 'a', cores: 1, ...options });
  if (!result.ok) return result.problems.map(formatProblem).map((line) => line.replace(file, ''));
  const { secret } = result.config.proxy!.upstreams[0]!.sticky!;
  return [Buffer.from(secret).toString()];
}

function secretFile(text: string): string {
  const path = join(folder, 'secret');
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  return path;
}

const BALANCER = { secretless: true, balancer: true };

test('the balancer reads the secret of its cookies, on a plain host too', () => {
  const path = secretFile('sixteen bytes or more');
  expect(load(`{ secret: "file:${path}" }`, '', BALANCER)).toEqual(['sixteen bytes or more']);
  expect(load(`{ secret: "file:${path}" }`, PAIR, BALANCER)).toEqual(['sixteen bytes or more']);
});

test('without one of their own cookies are signed with that of the pair', () => {
  const path = secretFile('the secret of the pair');
  const pair = `${PAIR}pair: { secret: "file:${path}" }\n`;
  expect(load('{}', pair, BALANCER)).toEqual(['the secret of the pair']);
});

test('one that cannot be read, or is too short, is told with its place', () => {
  expect(load('{ secret: file:/none }', '', BALANCER)).toEqual([
    ':1:39: upstreams.api.sticky.secret: /none: there is no such file',
  ]);
  const path = secretFile('short');
  expect(load(`{ secret: "file:${path}" }`, '', BALANCER)).toEqual([
    `:1:39: upstreams.api.sticky.secret: ${path} holds 5 bytes; allowed: 16 to 4096 bytes`,
  ]);
});

test('nobody else reads it', () => {
  expect(load('{ secret: file:/none }', PAIR, {})).toEqual(['']);
  expect(load('{ secret: file:/none }', PAIR, { secretless: true })).toEqual(['']);
});
