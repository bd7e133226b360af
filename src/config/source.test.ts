import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configBytesMax } from './limits.ts';
import { readSource, sourceFromBytes } from './source.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-source-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(content: string | Uint8Array): string {
  const file = join(folder, 'config.yaml');
  writeFileSync(file, content);
  return file;
}

test('text and the digest that sha256sum prints', () => {
  const file = fileWith('log: { level: info }\n');
  const [digest] = execFileSync('sha256sum', [file], { encoding: 'utf8' }).split(' ');
  const text = 'log: { level: info }\n';
  expect(readSource(file)).toMatchObject({ file, text, digest });
});

test('a byte order mark is no part of the text', () => {
  expect(sourceFromBytes('f', Buffer.from('\ufefflog: {}\n'))).toMatchObject({ text: 'log: {}\n' });
});

const whole = { line: null, column: null };

test('what is no file to read', () => {
  expect(readSource(folder)).toEqual({ ...whole, message: 'is a directory, not a config file' });
  expect(readSource(join(folder, 'none'))).toEqual({ ...whole, message: 'no such file' });
  expect(readSource(join(folder, 'config.yaml', 'x'))).toMatchObject({
    message: expect.stringContaining('ENOTDIR'),
  });
  expect(readSource('\0')).toMatchObject({ message: expect.stringContaining('cannot be read') });
});

test('an endless file ends at the bound', () => {
  const message = `is larger than a config file may be (${configBytesMax} bytes)`;
  expect(readSource('/dev/zero')).toEqual({ ...whole, message });
  expect(readSource(fileWith('#'.repeat(configBytesMax)))).toHaveProperty('text');
  expect(readSource(fileWith('#'.repeat(configBytesMax + 1)))).toEqual({ ...whole, message });
});

test('a pipe is read to its end, and one that is silent holds nobody up', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(readSource(pipe)).toEqual({ ...whole, message: 'is empty' });
  const open = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  const message = 'cannot be read: nothing has come for 5 s';
  expect(readSource(pipe)).toEqual({ ...whole, message });
  const script = 'printf "log: "; sleep 0.3; echo "{}"';
  const writer = spawn('sh', ['-c', script], { stdio: ['ignore', open, 'inherit'] });
  await once(writer, 'spawn');
  closeSync(open);
  expect(readSource(pipe)).toMatchObject({ text: 'log: {}\n' });
  await once(writer, 'exit');
}, 20_000);

test.each([
  ['', 'is empty', null, null],
  [' \n\n', 'is empty', null, null],
  [Buffer.from('log: {}', 'utf16le'), 'found the control character U+0000', 1, 2],
  [Buffer.from('\ufefflog: {}', 'utf16le'), 'is UTF-16; a config file is UTF-8', null, null],
  [Buffer.from([0x61, 0x0a, 0x62, 0xff, 0x63]), 'byte 0xff is not UTF-8', 2, 2],
  [Buffer.from([0x61, 0xc3, 0xa4, 0xc3, 0x28]), 'byte 0xc3 is not UTF-8', 1, 3],
  [Buffer.from([0x61, 0xe2, 0x82]), 'byte 0xe2 is not UTF-8', 1, 2],
  [Buffer.from('a: b\nc: \u001b[0m\n'), 'found the control character U+001b', 2, 4],
])('%j', (content, message, line, column) => {
  expect(sourceFromBytes('f', Buffer.from(content))).toEqual({ message, line, column });
});
