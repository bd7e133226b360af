import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { dialKey } from './pair-keys.ts';
import { readSecret } from './secret.ts';

const folder = mkdtempSync(join(tmpdir(), 'tandem-secret-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string, mode = 0o640) {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return { type: 'file', path } as const;
}

describe('a secret is read', () => {
  const text = 'sixteen bytes ok';

  test('from a file, without the white space around it', () => {
    const read = readSecret(file('good', `${text}\n`), {});
    expect(read).toEqual({ ok: true, secret: Buffer.from(text), warning: null });
  });

  test('from the environment', () => {
    const read = readSecret({ type: 'env', name: 'PAIR' }, { PAIR: text });
    expect(read).toEqual({ ok: true, secret: Buffer.from(text), warning: null });
  });

  test('with a warning when everybody can read it', () => {
    const source = file('open', text, 0o644);
    const warning = `every user of this host can read ${source.path}: chmod o-r ${source.path}`;
    expect(readSecret(source, {})).toMatchObject({ ok: true, warning });
  });
});

describe('what is no secret says why', () => {
  test.each([
    ['short', 'fifteen bytes!!', 'holds 15 bytes; needed: 16 to 4096'],
    ['empty', '\n', 'holds 0 bytes'],
    ['long', 'x'.repeat(4097), 'holds 4097 bytes'],
  ])('%s', (name, text, reason) => {
    expect(readSecret(file(name, text), {})).toMatchObject({
      ok: false,
      reason: expect.stringContaining(reason),
    });
  });

  test('no such file, not a file, no such variable', () => {
    const absent = join(folder, 'absent');
    expect(readSecret({ type: 'file', path: absent }, {})).toEqual({
      ok: false,
      reason: `${absent}: there is no such file`,
    });
    expect(readSecret({ type: 'file', path: folder }, {})).toEqual({
      ok: false,
      reason: `${folder}: not a file`,
    });
    expect(readSecret({ type: 'env', name: 'ABSENT' }, {})).toEqual({
      ok: false,
      reason: 'the variable ABSENT is not set',
    });
  });
});

test('each direction, each pair of names and each secret has its own key', () => {
  const keys = [
    dialKey(Buffer.from('one'), 'a', 'b'),
    dialKey(Buffer.from('one'), 'b', 'a'),
    dialKey(Buffer.from('one'), 'a', 'c'),
    dialKey(Buffer.from('two'), 'a', 'b'),
  ];
  expect(new Set(keys.map(({ key }) => key.toString('hex'))).size).toBe(keys.length);
  expect(keys.map(({ key }) => key.length)).toEqual([32, 32, 32, 32]);
  expect(dialKey(Buffer.from('one'), 'a', 'b')).toEqual(keys[0]);
});
