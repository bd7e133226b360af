import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { snakeCase } from './exposition.ts';
import { type TotalsPrefix, totalCounters, totalHelp } from './total-help.ts';

const prefixes = Object.keys(totalCounters) as TotalsPrefix[];
const names = new Map(
  prefixes.flatMap((prefix) =>
    totalCounters[prefix].map((counter) => [`${prefix}_${snakeCase(counter)}`, [prefix, counter]]),
  ),
);

test('each total says in words of its own what it counts', () => {
  const helps = [...names.values()].map(([p, c]) => totalHelp(p as TotalsPrefix, c!));
  expect(new Set(helps).size).toBe(helps.length);
  for (const help of helps) expect(help).toMatch(/^[A-Z].{15,}\.$|please report it\.$/);
});

test('the metrics of totals that docs/ names are there', () => {
  // Of others, histograms and counters with labels, their own modules know.
  const others = /_(responses|errors|tls_failures|ejections)_total$/;
  const folder = new URL('../../docs/', import.meta.url);
  const pages = readdirSync(folder).filter((name) => name.endsWith('.md'));
  const missing = pages.flatMap((page) => {
    const text = readFileSync(new URL(page, folder), 'utf8');
    const told = text.match(/\btandem_(listener|upstream|server|route|limit)_[a-z0-9_]+_total\b/g);
    return (told ?? []).filter((name) => !others.test(name) && !names.has(name.slice(0, -6)));
  });
  expect(missing).toEqual([]);
});
