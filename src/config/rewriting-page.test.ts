import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { securityFields } from './security-fields.ts';
import { templateVariables } from './template-variables.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/REWRITING.md'), 'utf8');

describe('docs/REWRITING.md', () => {
  test.each(Object.entries(templateVariables))('says what $%s is', (name, { doc }) => {
    expect(page).toContain(`| \`$${name}\` | ${doc} |`);
  });

  test.each(Object.entries(securityFields))('has %s of the preset', (name, { value }) => {
    expect(page).toContain(`| \`${name}: ${value}\` |`);
  });
});
