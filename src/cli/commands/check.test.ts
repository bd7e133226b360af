import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { tandem } from '../terminal.case.ts';
import { check } from './check.ts';

const fixtures = join(import.meta.dirname, '../../config/fixtures');
const example = join(fixtures, 'example.yaml');
const warnings = join(fixtures, 'problems/warnings.yaml');
const broken = join(fixtures, 'problems/no-nodes.yaml');

const run = (args: readonly string[], host?: Parameters<typeof tandem>[2]) =>
  tandem([check], ['check', ...args], host);

describe('a good file', () => {
  test('is ok, and one reads what it makes of this host', async () => {
    expect(await run(['-c', example], { hostname: 'edge-b.example.com' })).toEqual({
      status: 0,
      stderr: '',
      stdout: [
        `${example}: ok`,
        '  this host is edge-b, its peer is edge-a',
        '    web  VRID 51 on eth0  edge-a 200 > edge-b 100  198.51.100.100',
        '    agents: adverts only, so a planned switch breaks every connection; `pair` would let them ' +
          'agree on it',
        '  balancer: 2 listeners, 2 upstreams, 4 servers',
        '    http      http 0.0.0.0:80, [::]:80  to api',
        '    postgres  tcp 0.0.0.0:5432          to db',
        '',
      ].join('\n'),
    });
  });

  test('of a pair says what a planned switch does to the connections', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tandem-check-'));
    const router = (vrid: number, more = '') =>
      `{ vrid: ${vrid}, interface: eth0, addresses: [198.51.100.${100 + vrid}/24]${more} }`;
    const routers = [
      `web: ${router(1)}`,
      `api: ${router(2)}`,
      `db: ${router(3, ', drain_timeout: 1h')}`,
      `old: ${router(4, ', peer: other')}`,
    ];
    writeFileSync(
      join(folder, 'f'),
      'nodes: { a: { address: 198.51.100.11, priority: 200 }, b: { address: 198.51.100.12 } }\n' +
        `pair: { secret: env:S }\nvirtual_routers: { ${routers.join(', ')} }\n`,
    );
    const { stdout } = await run(['-c', join(folder, 'f')]);
    expect(stdout.split('\n').filter((line) => line.includes('planned'))).toEqual([
      '    planned switch of web, api: connections go on where they are, for up to 10m',
      '    planned switch of db: connections go on where they are, for up to 1h',
      '    planned switch of old: breaks every connection with peer: other',
    ]);
    rmSync(folder, { recursive: true });
  });

  test('is told in a few lines however large it is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tandem-check-'));
    const binds = Array.from({ length: 30 }, (_, i) => `"127.0.0.1:${1000 + i}"`);
    writeFileSync(
      join(folder, 'f'),
      'upstreams: { u: { servers: [{ address: "127.0.0.1:1" }] } }\n' +
        `listeners: { t: { bind: [${binds.join(', ')}], protocol: tcp, upstream: u } }\n`,
    );
    const { stdout } = await run(['-c', join(folder, 'f')]);
    expect(stdout).toContain('127.0.0.1:1003 and 26 more  to u\n');
    expect(stdout).toContain('plain balancer');
    rmSync(folder, { recursive: true });
  });

  test('is checked for both nodes on a host that is neither', async () => {
    const { status, stdout } = await run(['-c', example], { hostname: 'laptop.example' });
    expect(status).toBe(0);
    expect(stdout).toContain('this host (laptop) is none of the nodes: edge-a, edge-b\n');
  });

  test('with doubtful parts is ok, and the doubts are on stderr', async () => {
    const { status, stdout, stderr } = await run(['-c', warnings]);
    expect(status).toBe(0);
    expect(stdout).not.toContain('warning: ');
    expect(stdout).toContain('edge-a 150 = edge-b 150');
    expect(stderr.trimEnd().split('\n').length).toBeGreaterThan(5);
    for (const line of stderr.trimEnd().split('\n')) expect(line).toMatch(/:\d+:\d+: warning: /);
  });

  test('--print: the effective config alone on stdout', async () => {
    const { status, stdout, stderr } = await run(['-c', example, '--print', '--node', 'edge-a']);
    expect(status).toBe(0);
    expect(stderr).toContain(`${example}: ok\n  this host is edge-a, its peer is edge-b\n`);
    expect(parse(stdout)).toMatchObject({
      virtual_routers: { web: { strict_rfc: false, priority: { 'edge-a': 200, 'edge-b': 100 } } },
      upstreams: { db: { connect_timeout: '5s' } },
      proxy: { drain_timeout: '30s' },
    });
  });

  test('--json, with and without --print', async () => {
    const plain = await run(['-c', example, '--json', '--node', 'edge-a']);
    expect(JSON.parse(plain.stdout)).toEqual({
      ok: true,
      file: example,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      node: 'edge-a',
      problems: [],
      host: [],
    });
    const printed = await run(['-c', example, '--json', '--print']);
    expect(JSON.parse(printed.stdout)).toMatchObject({
      node: null,
      config: { upstreams: { db: { idle_timeout: '10m' } } },
    });
  });
});

describe('a bad file is exit status 1', () => {
  test('with every problem on stderr and nothing on stdout', async () => {
    expect(await run(['-c', broken])).toEqual({
      status: 1,
      stdout: '',
      stderr:
        `${broken}:1:1: virtual_routers: no host to hold the addresses; ` +
        'needed: nodes, with a name for each host\n',
    });
  });

  test('or as JSON', async () => {
    const { status, stdout, stderr } = await run(['-c', broken, '--json', '--print']);
    expect([status, stderr]).toEqual([1, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      problems: [{ severity: 'error', line: 1, column: 1, path: 'virtual_routers' }],
    });
    expect(JSON.parse(stdout)).not.toHaveProperty('config');
  });

  test('or no file at all', async () => {
    const { status, stderr } = await run([]);
    expect([status, stderr]).toEqual([1, '/etc/tandem/tandem.yaml: no such file\n']);
  });

  test('a wrong --node or TANDEM_NODE is wrong even where the file is right', async () => {
    const wrong = 'says "edge-z"; allowed: edge-a or edge-b\n';
    const byOption = await run(['-c', example, '--node', 'edge-z'], { hostname: 'edge-a' });
    expect(byOption).toMatchObject({ status: 1, stdout: '' });
    expect(byOption.stderr).toBe(`${example}:1:1: nodes: --node ${wrong}`);
    const byEnv = await run(['-c', example], { env: { TANDEM_NODE: 'edge-z' } });
    expect(byEnv.stderr).toBe(`${example}:1:1: nodes: TANDEM_NODE ${wrong}`);
  });
});

test('certificates that cannot be used here are warned of, where the file names them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-check-'));
  const file = join(folder, 'tandem.yaml');
  const pem = join(folder, 'a.pem');
  writeFileSync(
    file,
    `upstreams: { u: { servers: [{ address: "127.0.0.1:1" }], tls: { ca: ${pem} } } }\n` +
      'listeners:\n' +
      '  t: { bind: "127.0.0.1:2", protocol: tcp, upstream: u, tls: { certificates: [' +
      `{ certificate: ${pem}, key: ${pem} }] } }\n`,
  );
  writeFileSync(pem, 'nothing');
  const { status, stderr } = await run(['-c', file]);
  rmSync(folder, { recursive: true });
  expect(status).toBe(0);
  const said = `${pem}: no certificate in it (PEM is expected)`;
  expect(stderr).toContain(
    `warning: listeners.t.tls.certificates[0].certificate: ${said}; its names would not be served\n`,
  );
  expect(stderr).toContain(`warning: upstreams.u.tls.ca: ${said}; its servers cannot be reached\n`);
});

test('files that the balancer cannot start without are said to be that, in the order of the file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-check-'));
  const file = join(folder, 'f');
  writeFileSync(
    file,
    'listeners:\n  a:\n    bind: "127.0.0.1:1"\n    protocol: http\n' +
      '    tls: { certificates: [{ certificate: /none.pem, key: /none.key }] }\n' +
      '    error_pages: { 404: { body_file: /none.html } }\n    routes: [{ respond: ready }]\n',
  );
  const { status, stdout, stderr } = await run(['-c', file]);
  expect(status).toBe(0);
  const [first, second] = stderr.split('\n');
  expect(stdout).toMatch(/a {2}http 127\.0\.0\.1:1 {2}asks no upstream\n/);
  expect(first).toMatch(/:5:\d+: warning: .*its names would not be served$/);
  expect(second).toMatch(/:6:\d+: warning: .*the balancer does not start without it$/);
  rmSync(folder, { recursive: true });
});

test('folders that a file names and this host does not have are warned of', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-check-'));
  const file = join(folder, 'f');
  const listener = (port: number, rest: string) =>
    `{ bind: "127.0.0.1:${port}", protocol: http, routes: [{ respond: ready }]${rest} }`;
  const log = (to: string) => `, access_log: { to: { file: ${to}/access.log } }`;
  const listeners = `a: ${listener(1, log('/none'))}, b: ${listener(2, log(folder))}`;
  writeFileSync(file, `listeners: { ${listeners} }\nproxy: { temp_directory: /none }\n`);
  const { stderr } = await run(['-c', file]);
  expect(stderr.trim().split('\n')).toEqual([
    expect.stringMatching(/access_log.to.file: \/none: there is no such folder; no line could/),
  ]);
  const buffering = listener(1, ', buffering: { request: {} }');
  writeFileSync(file, `listeners: { a: ${buffering} }\nproxy: { temp_directory: /none }\n`);
  expect((await run(['-c', file])).stderr).toMatch(/:2:\d+: warning: .*could not be buffered$/m);
  rmSync(folder, { recursive: true });
});
