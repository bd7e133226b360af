import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { checkSource } from './check.ts';
import {
  compileConfig,
  type EffectiveConfig,
  formatProblem,
  loadConfig,
  printConfig,
} from './index.ts';
import { sourceFromBytes } from './source.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const exampleFile = join(fixtures, 'example.yaml');
const example = readFileSync(exampleFile, 'utf8');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-load-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const elsewhere = { env: {}, hostname: 'elsewhere' };

function lines(result: ReturnType<typeof loadConfig>): readonly string[] {
  return result.problems.map((problem) => formatProblem(problem).replace(`${fixtures}/`, ''));
}

function nodeOf(options: Parameters<typeof loadConfig>[1]): string | null {
  const result = loadConfig(exampleFile, options);
  if (!result.ok) throw new Error(lines(result).join('\n'));
  return result.config.node;
}

describe('which node this is', () => {
  test('--node before TANDEM_NODE before the host name, in full or its first label', () => {
    const env = { TANDEM_NODE: 'edge-b' };
    expect(nodeOf({ node: 'edge-a', env, hostname: 'edge-b' })).toBe('edge-a');
    expect(nodeOf({ env, hostname: 'edge-a' })).toBe('edge-b');
    expect(nodeOf({ env: {}, hostname: 'edge-a' })).toBe('edge-a');
    expect(nodeOf({ env: { TANDEM_NODE: '' }, hostname: 'edge-b.example.com' })).toBe('edge-b');
  });

  test('what is wrong is named with the choices', () => {
    const wrong = (options: Parameters<typeof loadConfig>[1]) => {
      const result = loadConfig(exampleFile, options);
      expect(result.ok).toBe(false);
      return lines(result);
    };
    const choices = 'allowed: edge-a or edge-b';
    expect(wrong({ ...elsewhere, node: 'edge' })).toEqual([
      `example.yaml:1:1: nodes: --node says "edge"; ${choices}`,
    ]);
    expect(wrong({ env: { TANDEM_NODE: 'edge-bb' }, hostname: 'edge-a' })).toEqual([
      `example.yaml:1:1: nodes: TANDEM_NODE says "edge-bb" (did you mean "edge-b"?); ${choices}`,
    ]);
    expect(wrong(elsewhere)).toEqual([
      'example.yaml:1:1: nodes: this host, "elsewhere", is none of the nodes; ' +
        `say which it is with --node or TANDEM_NODE; ${choices}`,
    ]);
  });

  test('a plain balancer is the same on every host', () => {
    const file = join(folder, 'plain.yaml');
    writeFileSync(
      file,
      'upstreams: { u: { servers: [{ address: "127.0.0.1:1" }] } }\n' +
        'listeners: { t: { bind: "127.0.0.1:2", protocol: tcp, upstream: u } }\n',
    );
    const result = loadConfig(file, { ...elsewhere, node: 'whatever' });
    expect(result).toMatchObject({ ok: true, problems: [], config: { node: null, agent: null } });
  });
});

test('the example has nothing to complain of', () => {
  expect(loadConfig(exampleFile, { env: {}, hostname: 'edge-a' }).problems).toEqual([]);
});

test('warnings come with the config', () => {
  const file = join(fixtures, 'problems/warnings.yaml');
  const result = loadConfig(file, { env: {}, hostname: 'edge-a' });
  expect(result.ok).toBe(true);
  expect(result.problems.length).toBeGreaterThan(5);
  expect(result.problems.every(({ severity }) => severity === 'warning')).toBe(true);
});

test('more problems than anybody reads are counted', () => {
  const file = join(folder, 'many.yaml');
  writeFileSync(file, Array.from({ length: 250 }, (_, i) => `key${i}: 1\n`).join(''));
  const result = loadConfig(file, elsewhere);
  expect(result.problems).toHaveLength(101);
  expect(formatProblem(result.problems[100]!)).toBe(`${file}: and 150 more`);
});

/** Edits as a tired operator makes them, and worse. */
const mutation = fc.record({
  at: fc.nat(),
  length: fc.nat({ max: 20 }),
  insert: fc.oneof(
    fc.string(),
    fc.constantFrom('\n', '  ', '\t', '- ', ': ', '{', ']', '"', '&a ', '*a', '!!', '|\n', '%'),
    fc.constantFrom('null', 'true', '-1', '1e400', '0x10', '[]', '{}', '__proto__: {}', '<<: '),
  ),
});

describe('secrets', () => {
  const withPassword = (password: string) => `
nodes: { solo: { address: 198.51.100.11 } }
virtual_routers:
  web:
    vrid: 1
    interface: eth0
    addresses: [198.51.100.100/24]
    version: 2
    auth: { password: "${password}" }
`;
  const load = (password: string) => {
    const file = join(folder, 'secret.yaml');
    writeFileSync(file, withPassword(password));
    const result = loadConfig(file, { env: {}, hostname: 'solo' });
    const said = lines(result).map((line) => line.replaceAll(`${folder}/`, ''));
    if (!result.ok) return said;
    const [router] = result.config.agent?.virtualRouters ?? [];
    return [
      Buffer.from(router?.auth?.type === 'password' ? router.auth.password : []).toString('latin1'),
      ...said,
    ];
  };
  const at = 'secret.yaml:9:23: virtual_routers.web.auth.password:';

  test('come from another file without its newline, or from the environment', () => {
    const file = join(folder, 'password');
    writeFileSync(file, 'letmein\n', { mode: 0o600 });
    expect(load(`file:${file}`)).toEqual(['letmein\0']);
    process.env.TANDEM_TEST_PASSWORD = '12345678';
    expect(load('env:TANDEM_TEST_PASSWORD')).toEqual(['12345678']);
    delete process.env.TANDEM_TEST_PASSWORD;
  });

  test('that cannot be had, or cannot be right, are named with their place and never quoted', () => {
    expect(load('file:/nonexistent/password')).toEqual([
      `${at} /nonexistent/password: there is no such file`,
    ]);
    expect(load('env:TANDEM_TEST_NOWHERE')).toEqual([
      `${at} the variable TANDEM_TEST_NOWHERE is not set`,
    ]);
    const file = join(folder, 'long');
    writeFileSync(file, 'too-long-for-it', { mode: 0o600 });
    expect(load(`file:${file}`)).toEqual([`${at} long holds 15 bytes; allowed: 1 to 8 bytes`]);
  });

  test('are not read for who has no use for them: a balancer starts and addresses are released', () => {
    const file = join(folder, 'secret.yaml');
    const text = withPassword('file:/nonexistent/password');
    writeFileSync(file, `${text}pair: { secret: file:/nonexistent/pair }\n`);
    const result = loadConfig(file, { env: {}, hostname: 'solo', secretless: true });
    expect(lines(result).filter((line) => line.includes('nonexistent'))).toEqual([]);
    const agent = result.ok ? result.config.agent : null;
    expect(agent?.virtualRouters.map(({ name, auth }) => [name, auth])).toEqual([
      ['web', undefined],
    ]);
  });

  test('of the pair are read with the others', () => {
    const file = join(folder, 'pair.yaml');
    const nodes = '{ a: { address: 198.51.100.11, priority: 200 }, b: { address: 198.51.100.12 } }';
    const router = '{ vrid: 1, interface: eth0, addresses: [198.51.100.100/24] }';
    writeFileSync(
      file,
      `nodes: ${nodes}\nvirtual_routers: { web: ${router} }\npair: { secret: file:/none }\n`,
    );
    const result = loadConfig(file, { env: {}, hostname: 'a' });
    expect(result.ok).toBe(false);
    expect(lines(result)).toEqual([`${file}:3:17: pair.secret: /none: there is no such file`]);
  });

  test('that every user can read are a warning', () => {
    const file = join(folder, 'open');
    writeFileSync(file, 'letmein', { mode: 0o644 });
    const text = 'every user of this host can read open: chmod o-r open';
    expect(load(`file:${file}`)).toEqual([
      'letmein\0',
      `${at.replace(': v', ': warning: v')} ${text}`,
    ]);
  });
});

describe('properties', () => {
  test('a mutated file gives problems or a config, and never throws', () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
        let text = example;
        for (const { at, length, insert } of mutations) {
          const start = at % (text.length + 1);
          text = text.slice(0, start) + insert + text.slice(start + length);
        }
        const checked = checkSource(sourceFromBytes('m.yaml', Buffer.from(text)), 'm.yaml');
        const errors = checked.problems.filter(({ severity }) => severity === 'error');
        expect(checked.config === null).toBe(errors.length > 0);
        for (const problem of checked.problems) expect(formatProblem(problem)).toMatch(/^m\.yaml/);
        if (checked.config === null) return;
        const nodes = Object.keys(checked.config.nodes);
        compileConfig(checked.config, { node: nodes[0] ?? null, digest: '', cores: 1 });
      }),
      { numRuns: 400 },
    );
  });

  test('a value of any shape in any place gives problems or a config, and never throws', () => {
    const tree = parse(example) as object;
    const places = paths(tree);
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), (path, value) => {
        const text = JSON.stringify(replaced(tree, path, value));
        const checked = checkSource(sourceFromBytes('v.json', Buffer.from(text)), 'v.json');
        expect(checked.config === null).toBe(
          checked.problems.some(({ severity }) => severity === 'error'),
        );
      }),
      { numRuns: 400 },
    );
  });

  test('the effective config loads to the same config', () => {
    for (const file of ['example.yaml', 'every-key.yaml', 'problems/warnings.yaml']) {
      const bytes = readFileSync(join(fixtures, file));
      const first = checkSource(sourceFromBytes(file, bytes)).config;
      if (first === null) throw new Error(`${file} is refused`);
      const again = checkSource(sourceFromBytes(file, Buffer.from(printConfig(first))));
      const compiled = (config: EffectiveConfig) => {
        const secrets = new Map(
          Object.values(config.virtual_routers).flatMap(({ auth }) =>
            [auth?.password, ...Object.values(auth?.keys ?? {})].flatMap((secret) =>
              secret === undefined ? [] : [[secret, new Uint8Array(1)] as const],
            ),
          ),
        );
        return compileConfig(config, { node: 'edge-b', digest: '', cores: 2, secrets });
      };
      expect(again.config && compiled(again.config)).toEqual(compiled(first));
      expect(again.config && printConfig(again.config)).toBe(printConfig(first));
    }
  });
});

function paths(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  const steps = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const inner = steps.flatMap((step) =>
    paths((value as Record<string | number, unknown>)[step], [...path, step]),
  );
  return [[...path], ...inner];
}

function replaced(tree: object, path: readonly (string | number)[], value: unknown): unknown {
  if (path.length === 0) return value;
  const copy = structuredClone(tree) as Record<string | number, unknown>;
  let node = copy;
  for (const step of path.slice(0, -1)) node = node[step] as Record<string | number, unknown>;
  node[path.at(-1) ?? ''] = value;
  return copy;
}
