import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Logger } from '../ports.ts';
import { FileSink } from './file-sink.ts';
import { COMPLAIN_EVERY_MS, REOPEN_AFTER_MS } from './limits.ts';

let folder: string;
let path: string;
let messages: string[];
let now: number;
let sink: FileSink;

const log: Logger = {
  debug() {},
  info: (_, message) => void messages.push(message),
  warn: (_, message) => void messages.push(message),
  error() {},
  child: () => log,
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-access-'));
  path = join(folder, 'access.log');
  messages = [];
  now = 0;
  sink = new FileSink(path, log, () => now);
});

afterEach(async () => {
  await sink.close();
  rmSync(folder, { recursive: true });
});

function write(...lines: readonly string[]): Promise<void> {
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  return new Promise((resolve) => sink.write(bytes, lines.length, resolve));
}

describe('a file', () => {
  it('gets the lines in order, after those that it has', async () => {
    await write('a', 'b');
    await Promise.all([write('c'), write('d', 'e')]);
    expect(readFileSync(path, 'utf8')).toBe('a\nb\nc\nd\ne\n');
    expect(sink.status()).toEqual({ lines: 5, dropped: 0, error: null });
  });

  it('that was moved away is made anew when told, and only then', async () => {
    await write('a');
    renameSync(path, `${path}.1`);
    await write('b');
    sink.reopen();
    await write('c');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('a\nb\n');
    expect(readFileSync(path, 'utf8')).toBe('c\n');
    expect(messages).toEqual([`reopened ${path}`]);
  });

  it('that cannot be opened anew goes on as it was', async () => {
    await write('a');
    renameSync(folder, `${folder}.1`);
    sink.reopen();
    await write('b');
    renameSync(`${folder}.1`, folder);
    expect(readFileSync(path, 'utf8')).toBe('a\nb\n');
    expect(messages).toEqual([expect.stringContaining(`cannot reopen ${path}: ENOENT`)]);
  });
});

describe('a disk', () => {
  it('that is full costs lines, which are counted and told of once', async () => {
    symlinkSync('/dev/full', path);
    await write('a', 'b');
    await write('c');
    expect(sink.status()).toEqual({
      lines: 0,
      dropped: 3,
      error: expect.stringContaining('ENOSPC'),
    });
    expect(messages).toEqual([expect.stringContaining(`cannot write the access log ${path}`)]);
    now += COMPLAIN_EVERY_MS;
    await write('d');
    expect(messages).toHaveLength(2);
  });

  it('that has room again is written again, and the operator hears what is missing', async () => {
    symlinkSync('/dev/full', path);
    await write('a', 'b');
    rmSync(path);
    sink.reopen();
    await write('c');
    expect(readFileSync(path, 'utf8')).toBe('c\n');
    expect(sink.status()).toMatchObject({ lines: 1, dropped: 2, error: null });
    expect(messages.at(-1)).toBe(`the access log ${path} is written again; 2 lines are missing`);
  });
});

it('a folder that is not there is looked for again, but not for every line', async () => {
  sink = new FileSink(join(folder, 'later', 'access.log'), log, () => now);
  await write('a');
  renameSync(mkdtempSync(join(folder, 'x')), join(folder, 'later'));
  await write('b');
  now += REOPEN_AFTER_MS;
  await write('c');
  expect(readFileSync(join(folder, 'later', 'access.log'), 'utf8')).toBe('c\n');
  expect(sink.status()).toMatchObject({ lines: 1, dropped: 2, error: null });
});
