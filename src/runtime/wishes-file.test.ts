import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NamedWish } from '../../proxy/index.ts';
import { WishesFile } from './wishes-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-wishes-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const wishes: readonly NamedWish[] = [
  ['api|198.51.100.21:80', { draining: true, weight: null }],
  ['web|[2001:db8::21]:80', { draining: false, weight: 0 }],
];

test('what was wanted is wanted again', () => {
  const file = new WishesFile(dir);
  expect(file.read()).toEqual({ wishes: [], broken: null });
  expect(file.write(wishes)).toBeNull();
  expect(new WishesFile(dir).read()).toEqual({ wishes, broken: null });
  expect(readdirSync(dir)).toEqual(['proxy.servers.json']);
});

const broken = { wishes: [], broken: 'it is not what a balancer writes' };

test.each([
  '',
  'null',
  '{}',
  '{"servers":{}}',
  '{"servers":[["a"]]}',
  '{"servers":[["a",null]]}',
  '{"servers":[["a",{"draining":true}]]}',
  '{"servers":[["a",{"draining":1,"weight":null}]]}',
  '{"servers":[["a",{"draining":true,"weight":1001}]]}',
  '{"servers":[["a",{"draining":true,"weight":1.5}]]}',
])('a file with %j in it is broken', (text) => {
  const file = new WishesFile(dir);
  writeFileSync(file.path, text);
  expect(file.read()).toEqual(broken);
});

test('no text whatever is more than broken', () => {
  const file = new WishesFile(dir);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      writeFileSync(file.path, text);
      expect(file.read()).toEqual(broken);
    }),
    { numRuns: 200 },
  );
});

test('what cannot be read or kept says why', () => {
  const file = new WishesFile(dir);
  mkdirSync(join(file.path, 'x'), { recursive: true });
  expect(file.read()).toEqual({ wishes: [], broken: 'EISDIR' });
  expect(file.write(wishes)).toMatch(/^E[A-Z]+$/);
  expect(new WishesFile(join(dir, 'missing')).write(wishes)).toBe('ENOENT');
});
