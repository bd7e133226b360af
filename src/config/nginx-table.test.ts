import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkSource } from './check.ts';
import { formatProblem, type Problem } from './problem.ts';
import { sourceFromBytes } from './source.ts';

const isError = ({ severity }: Problem) => severity === 'error';
const page = readFileSync(join(import.meta.dirname, '../../docs/REWRITING.md'), 'utf8');
const [, table = ''] = /^## From nginx$(.*?)^## /ms.exec(page) ?? [];
const rows = table.split('\n').filter((line) => line.startsWith('| `'));

test('what docs/REWRITING.md gives for words of nginx can be written', () => {
  const routes = rows.flatMap((row) => {
    const cells = row.replaceAll('\\|', '\u0000').split('|');
    const keys = [...cells[2]!.replaceAll('\u0000', '|').matchAll(/`([a-z]+: [^`]+)`/g)];
    const whole = keys.filter(([, key]) => !key!.includes('NAME') && key !== 'redirect: https');
    if (whole.length === 0) return [];
    const text = whole.map(([, key]) => key!).join(', ');
    return [`{ ${text}${/redirect|respond/.test(text) ? '' : ', upstream: app'} }`];
  });
  expect(routes.length).toBeGreaterThan(8);
  for (const route of routes) {
    const yaml =
      'upstreams: { app: { servers: [{ address: "127.0.0.1:1" }] } }\n' +
      `listeners: { a: { bind: "127.0.0.1:2", protocol: http, routes: [${route}] } }\n`;
    const { problems } = checkSource(sourceFromBytes('f', Buffer.from(yaml)), 'f');
    expect([route, ...problems.filter(isError).map(formatProblem)]).toEqual([route]);
  }
});
