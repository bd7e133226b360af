import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkSource } from './check.ts';
import { compileConfig } from './compile.ts';
import { sourceFromBytes } from './source.ts';

test('the example of docs/HTTP.md loads without a word, and has every rule for messages', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/HTTP.md'), 'utf8');
  const example = /```yaml\n(# docs: http\n.*?)```/s.exec(page)?.[1] ?? '';
  const { config, problems } = checkSource(sourceFromBytes('docs/HTTP.md', Buffer.from(example)));
  expect(problems).toEqual([]);
  const { proxy } = compileConfig(config!, { node: null, digest: '', cores: 1 });
  expect(proxy?.listeners[0]).toMatchObject({
    rules: {
      clientIp: {
        trusted: [
          { address: '198.51.100.0', prefixLength: 24 },
          { address: '2001:db8:1::', prefixLength: 48 },
        ],
        header: 'x-forwarded-for',
      },
      forwarded: 'both',
      via: 'edge',
      underscores: 'drop',
      upgrades: ['websocket'],
    },
  });
});
