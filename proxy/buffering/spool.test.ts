import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Spool, type SpoolOwner } from './spool.ts';
import { openTemporary } from './temporary-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'tandem-spool-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Hears of movement, one at a time. */
class Listening implements SpoolOwner {
  readonly failures: string[] = [];
  #moved: () => void = () => {};

  moved(): Promise<void> {
    return new Promise((resolve) => {
      this.#moved = resolve;
    });
  }

  spoolMoved(): void {
    this.#moved();
  }

  spoolFailed(errno: string, lost: boolean): void {
    this.failures.push(`${errno} ${lost}`);
  }
}

/** Everything that is in it. */
async function drain(spool: Spool, owner: Listening): Promise<string> {
  let text = '';
  while (spool.length > 0) {
    const moved = owner.moved();
    const piece = spool.take();
    if (piece === null) await moved;
    else text += piece.toString('latin1');
  }
  return text;
}

describe('a spool', () => {
  it('gives what it was given, whatever is in memory and in the file', async () => {
    const steps = fc.array(fc.oneof(fc.nat(5000), fc.constant('take' as const)), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(8000), fc.nat(20_000), async (all, memoryMax, diskMax) => {
        const owner = new Listening();
        const spool = new Spool({ memoryMax, diskMax }, () => openTemporary(directory), owner);
        let given = '';
        let taken = '';
        for (const [index, step] of all.entries()) {
          if (step === 'take') {
            taken += spool.take()?.toString('latin1') ?? '';
            await new Promise(setImmediate);
          } else {
            const bytes = Buffer.alloc(step, String.fromCharCode(65 + index));
            given += bytes.toString('latin1');
            spool.add(bytes, 0, bytes.length);
          }
          expect(spool.length).toBe(given.length - taken.length);
        }
        taken += await drain(spool, owner);
        expect(taken).toBe(given);
        expect(owner.failures).toEqual([]);
        spool.close();
      }),
      { numRuns: 100 },
    );
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is full by its bounds, with a file and without', () => {
    const open = () => openTemporary(directory);
    const memory = new Spool({ memoryMax: 10, diskMax: 0 }, open, new Listening());
    memory.add(Buffer.alloc(9), 0, 9);
    expect(memory.full).toBe(false);
    memory.add(Buffer.alloc(9), 0, 9);
    expect(memory.full).toBe(true);
    const both = new Spool({ memoryMax: 10, diskMax: 10 }, open, new Listening());
    both.add(Buffer.alloc(19), 0, 19);
    expect(both.full).toBe(false);
    both.add(Buffer.alloc(1), 0, 1);
    expect(both.full).toBe(true);
    memory.close();
    both.close();
  });

  it('goes on in memory when there is no room for a file', async () => {
    const owner = new Listening();
    const nowhere = () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
    const spool = new Spool({ memoryMax: 10, diskMax: 1000 }, nowhere, owner);
    const moved = owner.moved();
    spool.add(Buffer.from('first'), 0, 5);
    spool.add(Buffer.from('too much for memory'), 0, 19);
    await moved;
    expect(owner.failures).toEqual(['ENOSPC false']);
    expect(spool.full).toBe(true);
    spool.add(Buffer.from('!'), 0, 1);
    expect(await drain(spool, owner)).toBe('firsttoo much for memory!');
  });

  it('says when what was in the file is lost', async () => {
    const owner = new Listening();
    const broken = async () => {
      const handle = await openTemporary(directory);
      handle.read = () => Promise.reject(Object.assign(new Error('bad block'), { code: 'EIO' }));
      return handle;
    };
    const spool = new Spool({ memoryMax: 0, diskMax: 1000 }, broken, owner);
    let moved = owner.moved();
    spool.add(Buffer.from('text'), 0, 4);
    await moved;
    moved = owner.moved();
    expect(spool.take()).toBeNull();
    await moved;
    expect(owner.failures).toEqual(['EIO true']);
    spool.close();
  });

  it('closes its file however early it is closed', async () => {
    const opened: FileHandle[] = [];
    const open = async () => {
      const handle = await openTemporary(directory);
      opened.push(handle);
      return handle;
    };
    const spool = new Spool({ memoryMax: 0, diskMax: 1000 }, open, new Listening());
    spool.add(Buffer.from('text'), 0, 4);
    spool.close();
    await expect.poll(() => opened.length).toBe(1);
    await expect.poll(() => opened[0]!.fd).toBe(-1);
  });
});
