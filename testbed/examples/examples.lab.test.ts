/**
 * Every complete config that docs/ prints loads without a word, runs as it is printed, and does what
 * the page says; docs/EXAMPLES.md has the rules.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkFile, compileConfig, formatProblem } from '../../src/config/index.ts';
import { lacks } from '../lab/requirements.ts';
import { Box, type BoxPlan } from './box.ts';
import { type Example, examplesOf, missingLine } from './page.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const HOST_NAME = /\b(?:[a-z0-9-]+\.)*example\.(?:com|net|org)\b/g;
const FILE = /\/etc\/tandem\/[\w./-]*\w/g;

const examples = readdirSync(DOCS)
  .filter((file) => file.endsWith('.md'))
  .flatMap((file) => examplesOf(`docs/${file}`, readFileSync(join(DOCS, file), 'utf8')));

/** What an example needs around it. Fails with the problems of its config, warnings included. */
function planOf({ page, config, steps }: Example): BoxPlan {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-example-'));
  const file = join(folder, 'tandem.yaml');
  writeFileSync(file, config);
  const checked = checkFile(file);
  rmSync(folder, { recursive: true });
  expect(checked.problems.map(formatProblem), page).toEqual([]);
  const node = Object.keys(checked.config!.nodes)[0] ?? null;
  const plain = Object.keys(checked.config!.virtual_routers).length === 0;
  const { proxy } = compileConfig(checked.config!, { node, digest: '', cores: 1 });
  const servers = (proxy?.upstreams ?? []).flatMap((upstream) => upstream.servers);
  const origins = new Map(servers.map(({ host, port }) => [`${host} ${port}`, { host, port }]));
  const commands = steps.map(({ command }) => command).join('\n');
  return {
    config,
    node: plain ? null : node,
    origins: [...origins.values()],
    names: [...new Set(commands.match(HOST_NAME) ?? [])],
    files: [...new Set(config.match(FILE) ?? [])].filter((name) => !name.endsWith('tandem.yaml')),
  };
}

describe.skipIf(lacks('the examples of docs/', ['curl', 'openssl', 'bash']))('examples', () => {
  test('there are some', () => {
    expect(examples.length).toBeGreaterThan(0);
  });

  test.concurrent.each(
    examples.map((example) => [`${example.page}:${example.line}`, example] as const),
  )('%s', async (place, example) => {
    const box = await Box.start(place.replace(/\W+/g, '-'), planOf(example));
    try {
      for (const { line, command, expected } of example.steps) {
        const { stdout } = await box.type(command);
        const missing = missingLine(stdout, expected);
        if (missing === null) continue;
        const where = `${example.page}:${line}: ${command}`;
        expect.fail(`${where}\nlacks the line: ${missing}\nof its output:\n${stdout}`);
      }
    } finally {
      await box.close();
    }
  });
});
