import { expect, test } from 'vitest';
import { originBodies } from './origins.ts';
import { scenarios } from './scenarios.ts';

const called = (name: string) => scenarios.find((scenario) => scenario.name === name)!;

test('names are unique', () => {
  expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
});

test('the bodies are as long as the titles say', () => {
  const bytes = (name: string) => originBodies[called(name).path].length;
  expect(bytes('plain')).toBe(43);
  expect(bytes('browser')).toBe(4096);
  expect(bytes('body-64k')).toBe(65_536);
  expect(bytes('body-1m')).toBe(1_048_576);
});

test("the browser's request has 20 fields with Host", () => {
  expect(Object.keys(called('browser').headers)).toHaveLength(19);
  expect(Object.keys(called('browser').headers).map((name) => name.toLowerCase())).not.toContain(
    'host',
  );
});
