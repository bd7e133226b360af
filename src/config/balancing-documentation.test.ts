import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkSource } from './check.ts';
import { compileConfig } from './compile.ts';
import type { UpstreamConfig } from './proxy-config.ts';
import { sourceFromBytes } from './source.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/BALANCING.md'), 'utf8');

/** The first upstream of an example, which must load without a word. */
function exampleOf(name: string): UpstreamConfig {
  const example = new RegExp(`\`\`\`yaml\\n(# docs: ${name}\\n.*?)\`\`\``, 's').exec(page)?.[1];
  const source = sourceFromBytes('docs/BALANCING.md', Buffer.from(example ?? ''));
  const { config, problems } = checkSource(source);
  expect(problems).toEqual([]);
  const { proxy } = compileConfig(config!, { node: null, digest: '', cores: 1 });
  return proxy!.upstreams[0]!;
}

test('the example of hashing', () => {
  expect(exampleOf('hash')).toMatchObject({
    policy: 'hash',
    hash: { key: { kind: 'header', name: 'x-user' }, loadFactor: 1.25 },
  });
});

test('the example of limits, queue and slow start', () => {
  const { queue, slowStartMs, servers } = exampleOf('capacity');
  expect(queue).toEqual({ max: 200, timeoutMs: 3000 });
  expect(slowStartMs).toBe(30_000);
  expect(servers.map(({ connectionsMax, down }) => [connectionsMax, down ?? false])).toEqual([
    [100, false],
    [100, false],
    [100, true],
  ]);
});

test('the example of sticky clients', () => {
  expect(exampleOf('sticky').sticky).toEqual({
    cookie: 'tandem_srv',
    secret: new Uint8Array(),
    ttlMs: 8 * 3_600_000,
    path: '/',
    domain: null,
    secure: false,
    sameSite: 'lax',
  });
});
