import { expect, test } from 'vitest';
import { requestThemes, responseThemes } from './index.ts';

test.each([
  ['requests', requestThemes, 400],
  ['responses', responseThemes, 150],
])('the corpus of %s is large, and every case has a name of its own', (_what, themes, least) => {
  const cases = themes.flatMap((theme) => theme.cases.map((one) => ({ theme, one })));
  const names = new Set(cases.map(({ theme, one }) => `${theme.name}: ${one.name}`));
  expect(names.size).toBe(cases.length);
  const bytes = cases.map(({ one }) => `${one.method} ${one.after} ${one.bytes}`);
  // A few mean something in two themes.
  expect(new Set(bytes).size).toBeGreaterThanOrEqual(least);
});
