import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { DeadlineQueue } from '../io/deadline-queue.ts';
import { BATCH_BYTES } from './limits.ts';
import { Outbox } from './outbox.ts';

let clock = 0;
const queue = new DeadlineQueue(() => clock);
afterEach(() => queue.stop());

function open(bufferBytes = 1 << 20) {
  const sent: string[] = [];
  const counted = { written: 0, dropped: 0, inBatches: 0 };
  const box = new Outbox(
    3,
    {
      send(destination, bytes, lines) {
        expect(destination).toBe(3);
        sent.push(Buffer.from(bytes).toString());
        counted.inBatches += lines;
      },
    },
    queue,
    { flushMs: 200, bufferBytes },
  );
  const outlet = box.outlet({
    written: (lines) => {
      counted.written += lines;
    },
    dropped: (lines) => {
      counted.dropped += lines;
    },
  });
  const write = (line: string) => outlet.write(Buffer.from(`${line}\n`), line.length + 1);
  return { box, outlet, write, sent, counted };
}

function later(milliseconds: number): void {
  clock += milliseconds;
  queue.advance();
}

describe('lines', () => {
  it('wait for others, but not for long', () => {
    const { write, sent } = open();
    write('a');
    later(100);
    write('b');
    expect(sent).toEqual([]);
    later(250);
    expect(sent).toEqual(['a\nb\n']);
  });

  it('go at once when there are enough of them', () => {
    const { write, sent } = open();
    const line = 'x'.repeat(BATCH_BYTES / 4 - 1);
    for (let count = 0; count < 5; count++) write(line);
    expect(sent.map((batch) => batch.length)).toEqual([BATCH_BYTES]);
  });

  it('wait for a batch that is in the mail, and go when it was taken', () => {
    const { box, write, sent } = open();
    write('a');
    later(300);
    write('b');
    later(300);
    expect(sent).toEqual(['a\n']);
    box.taken();
    expect(sent).toEqual(['a\n', 'b\n']);
  });

  it('that come while the mail is on its way and are in time wait for others all the same', () => {
    const { box, write, sent } = open();
    write('a');
    later(300);
    // Under load there is always a line when the mail comes back.
    for (let trip = 0; trip < 5; trip++) {
      write('b');
      box.taken();
    }
    expect(sent).toEqual(['a\n']);
    later(300);
    expect(sent).toEqual(['a\n', 'b\nb\nb\nb\nb\n']);
  });

  it('are dropped and counted beyond the buffer, and pass again when there is room', () => {
    const { box, write, sent, counted } = open(10);
    write('1234');
    later(300);
    for (let count = 0; count < 5; count++) write('5678');
    expect(counted).toMatchObject({ written: 3, dropped: 3 });
    later(300);
    box.taken();
    write('9');
    expect(counted).toMatchObject({ written: 4, dropped: 3 });
    expect(sent).toEqual(['1234\n', '5678\n5678\n']);
  });

  it('that could not be made are counted', () => {
    const { outlet, counted } = open();
    outlet.lost(2);
    expect(counted.dropped).toBe(2);
  });

  it('are all sent at the end', async () => {
    const { box, write, sent } = open();
    write('a');
    const empty = box.empty();
    write('b');
    box.taken();
    box.taken();
    await empty;
    expect(sent.join('')).toBe('a\nb\n');
    await box.empty();
  });

  it('arrive whole, once and in order, or are counted, whatever happens when', () => {
    const step = fc.oneof(
      fc.stringMatching(/^[a-z]{0,40}$/).map((line) => ({ line })),
      fc.constant('taken' as const),
      fc.constant('later' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { box, write, sent, counted } = open(200);
        const kept: string[] = [];
        let taken = 0;
        for (const one of steps) {
          if (one === 'later') later(300);
          else if (one === 'taken') {
            if (taken < sent.length) {
              taken++;
              box.taken();
            }
          } else {
            const before = counted.written;
            write(one.line);
            if (counted.written > before) kept.push(`${one.line}\n`);
          }
        }
        void box.empty();
        while (taken < sent.length) {
          taken++;
          box.taken();
        }
        expect(sent.join('')).toBe(kept.join(''));
        expect(counted.inBatches).toBe(counted.written);
      }),
    );
  });
});
