import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { evidencePages } from './generate-conformance.ts';

describe.each(evidencePages)('$path', ({ path, text, problems }) => {
  test('has no row with an empty cell, without a test, or with one that does not exist', () => {
    expect(problems()).toEqual([]);
  });

  test('is what the table says now (npm run docs writes it)', () => {
    expect(readFileSync(join(import.meta.dirname, '..', path), 'utf8')).toBe(text());
  });
});
