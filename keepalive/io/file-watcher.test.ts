import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileContent, FileWatcher } from '../ports.ts';
import { createFileWatcher } from './file-watcher.ts';

let folder: string;
let watcher: FileWatcher;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-'));
  watcher = createFileWatcher();
});
afterEach(() => {
  watcher.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What is told of a file, one content after the other. */
function told(path: string) {
  const contents: FileContent[] = [];
  let wake = () => {};
  watcher.watch(path, (content) => {
    contents.push(content);
    wake();
  });
  return {
    contents,
    async until(fits: (content: FileContent) => boolean): Promise<void> {
      for (;;) {
        const last = contents.at(-1);
        if (last !== undefined && fits(last)) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async untilText(text: string): Promise<void> {
      await this.until((content) => content.type === 'text' && content.text === text);
    },
  };
}

describe('a watched file', () => {
  it('is read at once, after each change, and after it is replaced', async () => {
    const path = join(folder, 'number');
    writeFileSync(path, '1');
    const { untilText, contents, until } = bound(told(path));
    await untilText('1');
    writeFileSync(path, '2');
    await untilText('2');
    writeFileSync(join(folder, 'new'), '3');
    renameSync(join(folder, 'new'), path);
    await untilText('3');
    rmSync(path);
    await until(({ type }) => type === 'missing');
    writeFileSync(path, '4');
    await untilText('4');
    // Nothing is told twice.
    const texts = contents.map((content) => JSON.stringify(content));
    expect(texts.filter((text, at) => text === texts[at - 1])).toEqual([]);
  });

  it('is found when its directory comes later', async () => {
    const path = join(folder, 'later', 'number');
    const { untilText, until } = bound(told(path));
    await until(({ type }) => type === 'missing');
    mkdirSync(join(folder, 'later'));
    writeFileSync(path, '5');
    await untilText('5');
    rmSync(join(folder, 'later'), { recursive: true });
    await until(({ type }) => type === 'missing');
    mkdirSync(join(folder, 'later'));
    writeFileSync(path, '6');
    await untilText('6');
  });

  it('that is huge, a directory or a pipe is unreadable, and keeps nobody waiting', async () => {
    const huge = join(folder, 'huge');
    writeFileSync(huge, '1'.repeat(1_000_000));
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const [ofHuge, ofFolder, ofPipe] = [told(huge), told(folder), told(pipe)];
    for (const one of [ofHuge, ofFolder, ofPipe]) {
      await one.until(({ type }) => type === 'unreadable');
    }
    expect(ofHuge.contents).toEqual([{ type: 'unreadable', reason: 'more than 256 bytes' }]);
    expect(ofPipe.contents).toEqual([{ type: 'unreadable', reason: 'not a regular file' }]);
    writeFileSync(huge, '7');
    await ofHuge.untilText('7');
  });
});

/** The methods apart from their object. */
function bound(of: ReturnType<typeof told>) {
  return {
    contents: of.contents,
    until: of.until,
    untilText: (text: string) => of.untilText(text),
  };
}
