import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkSource } from './check.ts';
import { compileConfig } from './compile.ts';
import { sourceFromBytes } from './source.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/RETRY.md'), 'utf8');

test('the example of docs/RETRY.md loads without a word, and means what it says', () => {
  const example = /```yaml\n(# docs: retry\n.*?)```/s.exec(page)?.[1] ?? '';
  const { config, problems } = checkSource(sourceFromBytes('docs/RETRY.md', Buffer.from(example)));
  expect(problems).toEqual([]);
  const { proxy } = compileConfig(config!, { node: null, digest: '', cores: 1 });
  expect(proxy?.upstreams[0]?.retry).toEqual({
    on: ['connect', 'closed', 'timeout'],
    statuses: [
      [502, 502],
      [503, 504],
    ],
    triesMax: 3,
    timeoutMs: 10_000,
    budgetPercent: 100,
    bodyBytesMax: 65_536,
    nonIdempotent: false,
    hedgeAfterMs: 200,
  });
});
