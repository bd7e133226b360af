import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkSource } from './check.ts';
import { compileConfig } from './compile.ts';
import { sourceFromBytes } from './source.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/TCP-UDP.md'), 'utf8');

function compiled(name: string) {
  const example = new RegExp(`\`\`\`yaml\\n(# docs: ${name}\\n.*?)\`\`\``, 's').exec(page)?.[1];
  const source = sourceFromBytes('docs/TCP-UDP.md', Buffer.from(example ?? ''));
  const { config, problems } = checkSource(source);
  expect(problems).toEqual([]);
  return compileConfig(config!, { node: '', digest: '', cores: 1 }).proxy!;
}

test('the example of TCP loads without a word, and has everything', () => {
  const { listeners, upstreams } = compiled('tcp');
  expect(upstreams.map(({ sendProxy }) => sendProxy)).toEqual([null, 'v2', null]);
  expect(upstreams[0]?.idleTimeoutMs).toBe(600_000);
  expect(listeners).toMatchObject([
    {
      upstream: 'db',
      acceptProxy: null,
      routes: [],
      limits: { idleTimeoutMs: 1_800_000, sessionMaxMs: 86_400_000, helloTimeoutMs: 5000 },
    },
    {
      upstream: 'web',
      acceptProxy: {
        from: [{ address: '203.0.113.0', prefixLength: 24 }],
        timeoutMs: 3000,
        others: 'refuse',
      },
      routes: [
        { names: ['www.example.com', '*.example.com'], protocols: [], upstream: 'web' },
        { names: ['mail.example.com'], protocols: ['imap'], upstream: 'mail' },
      ],
      limits: { idleTimeoutMs: null, sessionMaxMs: null },
    },
  ]);
});

test('the example of UDP loads without a word', () => {
  const { listeners, upstreams } = compiled('udp');
  expect(upstreams[0]).toMatchObject({ policy: 'ip_hash', hash: { key: { kind: 'source' } } });
  const shared = { protocol: 'udp', acceptProxy: null };
  expect(listeners).toMatchObject([
    { ...shared, upstream: 'resolvers', responses: 1, idleTimeoutMs: 5000, connectionsMax: 10_000 },
    {
      ...shared,
      upstream: 'collectors',
      responses: 0,
      idleTimeoutMs: 30_000,
      connectionsMax: 1000,
    },
  ]);
});
