import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configReference, configReferencePath, readExample } from './generate-config-reference.ts';

test('docs/CONFIG.md is what the schema says now (npm run docs writes it)', () => {
  const page = readFileSync(join(import.meta.dirname, '..', configReferencePath), 'utf8');
  expect(page).toBe(configReference(readExample()));
});

test('every section is there, with a link from the list of keys', () => {
  const page = configReference(readExample());
  for (const section of ['nodes', 'virtual_routers', 'upstreams', 'listeners', 'proxy']) {
    expect(page).toContain(`- [\`${section}\`](#${section})`);
    expect(page).toContain(`\n## \`${section}\`\n`);
  }
});
