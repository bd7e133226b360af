import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventTypes } from '../keepalive/events/event-types.ts';
import { eventReference, eventReferencePath } from './generate-event-reference.ts';

test('docs/EVENTS.md is what the table says now (npm run docs writes it)', () => {
  const page = readFileSync(join(import.meta.dirname, '..', eventReferencePath), 'utf8');
  expect(page).toBe(eventReference());
});

test('every type and each of its fields is on the page', () => {
  const page = eventReference();
  for (const [type, { doc, fields }] of Object.entries(eventTypes)) {
    const section = page.split(`### \`${type}\`\n`)[1]?.split('\n### ')[0] ?? '';
    expect(section).toContain(doc);
    for (const name of Object.keys(fields)) expect(section).toContain(`| \`${name}\` |`);
  }
});
