import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkSource } from './check.ts';
import { compileConfig } from './compile.ts';
import { sourceFromBytes } from './source.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/VRRP.md'), 'utf8');

test('the example of the trackers loads without a word, and has every kind', () => {
  const example = /```yaml\n(# docs: trackers\n.*?)```/s.exec(page)?.[1] ?? '';
  const source = sourceFromBytes('docs/VRRP.md', Buffer.from(example));
  const { config, problems } = checkSource(source);
  expect(problems).toEqual([]);
  const { agent } = compileConfig(config!, { node: 'edge-a', digest: '', cores: 1 });
  const { proxy, scripts, ...trackers } = agent!.virtualRouters[0]!.track;
  expect([proxy, scripts]).toEqual([true, []]);
  const counts = Object.entries(trackers).map(([kind, tracked]) => [kind, tracked.length]);
  expect(Object.fromEntries(counts)).toEqual({
    upstreams: 1,
    interfaces: 1,
    gateways: 1,
    files: 1,
    processes: 1,
  });
});
