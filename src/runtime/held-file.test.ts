import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HeldFile } from './held-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-held-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const HELD = [
  {
    name: 'web',
    interface: 'eth0',
    family: 4 as const,
    vrid: 51,
    addresses: [{ address: '198.51.100.100', prefixLength: 24 }],
  },
];

test('what was noted is there until it is cleared', () => {
  const file = new HeldFile(dir);
  expect(file.read()).toEqual([]);
  file.write(HELD);
  expect(new HeldFile(dir).read()).toEqual(HELD);
  file.clear();
  file.clear();
  expect(file.read()).toEqual([]);
});

test('what could not be taken away stays noted', () => {
  const file = new HeldFile(dir);
  file.write([...HELD, { ...HELD[0]!, name: 'api' }]);
  file.clear(HELD);
  expect(file.read()).toEqual(HELD);
  expect(readdirSync(dir)).toEqual(['keepalive.held.json']);
});

test.each(['', '{', '{}', '[null, 7, {"name": "web"}]', '[{"addresses": [null]}]'])(
  'a file with %j in it says nothing',
  (text) => {
    writeFileSync(join(dir, 'keepalive.held.json'), text);
    expect(new HeldFile(dir).read()).toEqual([]);
  },
);

test('a directory that is not there costs the memory only', () => {
  const file = new HeldFile(join(dir, 'missing'));
  file.write(HELD);
  expect(file.read()).toEqual([]);
  file.clear();
});
