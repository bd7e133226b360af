import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogLimiter } from '../log-limiter.ts';
import type { FileContent } from '../ports.ts';
import { SimClock } from '../simulator/sim-clock.ts';
import { keepingLogger, type LogLine } from '../simulator/sim-pair.case.ts';
import { FileTracker, fileEffect, parseNumber } from './file-tracker.ts';

describe('the number in a file', () => {
  it('is whole, with or without a sign and white space around it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -999_999_999, max: 999_999_999 }),
        fc.stringMatching(/^[ \t\r\n]{0,5}$/),
        (number, space) => parseNumber(`${space}${number}${space}`) === number,
      ),
    );
    expect(parseNumber('+7\n')).toBe(7);
  });

  it('is nothing else', () => {
    for (const text of ['', ' ', '1.5', '1 2', '0x10', '1e3', '--1', 'ten', '9999999999', '1\0']) {
      expect(parseNumber(text)).toBeNull();
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        const number = parseNumber(text);
        expect(number === null || Number.isSafeInteger(number)).toBe(true);
      }),
    );
  });

  it('counts times the weight, within the scale; weight 0 makes it a fault', () => {
    expect(fileEffect(1, -40)).toEqual({ type: 'weight', weight: -40 });
    expect(fileEffect(-3, 10)).toEqual({ type: 'weight', weight: -30 });
    expect(fileEffect(253, 999_999_999)).toEqual({ type: 'weight', weight: 253 });
    expect(fileEffect(-2, 999)).toEqual({ type: 'weight', weight: -253 });
    expect(fileEffect(5, 0)).toEqual({ type: 'none' });
    expect(fileEffect(0, 0)).toEqual({ type: 'none' });
    expect(fileEffect(0, -1)).toEqual({ type: 'fault' });
  });
});

describe('a tracked file', () => {
  function make(weight = 2) {
    const world = new SimClock();
    const lines: LogLine[] = [];
    const clock = {
      now: () => world.now,
      timer: (at: number, callback: () => void) => world.at(at, callback),
    };
    let tell: (content: FileContent) => void = () => {};
    let [open, changes] = [0, 0];
    const tracker = new FileTracker({
      config: { name: 'maintenance', path: '/run/number', weight },
      files: {
        watch: (path, onContent) => {
          expect(path).toBe('/run/number');
          open += 1;
          tell = onContent;
          return {
            close: () => {
              open -= 1;
            },
          };
        },
        close: () => {},
      },
      log: keepingLogger(lines),
      limiter: new LogLimiter(clock),
      onChange: () => {
        changes += 1;
      },
    });
    return {
      tracker,
      lines,
      tell: (content: FileContent) => tell(content),
      open: () => open,
      changes: () => changes,
    };
  }

  it('counts from its first reading on, and no longer when it is gone', () => {
    const { tracker, tell, changes, open } = make();
    expect(tracker.reading()).toMatchObject({ effect: { type: 'none' } });
    tracker.start();
    tell({ type: 'text', text: '-20\n' });
    expect(tracker.reading()).toEqual({
      kind: 'file',
      name: 'maintenance',
      effect: { type: 'weight', weight: -40 },
      reason: 'the number -20',
    });
    tell({ type: 'missing' });
    expect(tracker.reading()).toMatchObject({
      effect: { type: 'none' },
      reason: 'there is no such file, counts as 0',
    });
    expect(changes()).toBe(2);
    tracker.stop();
    expect(open()).toBe(0);
  });

  it('keeps its last number while there is none in it, and complains once', () => {
    const { tracker, tell, lines } = make();
    tracker.start();
    tell({ type: 'text', text: '5' });
    const wrong: FileContent[] = [
      { type: 'text', text: '' },
      { type: 'text', text: 'five' },
      { type: 'unreadable', reason: 'more than 256 bytes' },
    ];
    for (const content of wrong) {
      tell(content);
      expect(tracker.reading().effect).toEqual({ type: 'weight', weight: 10 });
    }
    expect(tracker.reading().reason).toBe('more than 256 bytes, 5 stands');
    expect(lines).toEqual([
      { level: 'warn', message: '/run/number: no whole number in it, 5 stands' },
    ]);
    tell({ type: 'text', text: '6' });
    expect(tracker.reading().effect).toEqual({ type: 'weight', weight: 12 });
  });

  it('that nobody can read counts as 0', () => {
    const limiter = new LogLimiter({ now: () => 0, timer: () => ({ cancel: () => {} }) });
    const tracker = new FileTracker({
      config: { name: 'f', path: '/f', weight: 0 },
      files: undefined,
      log: keepingLogger([]),
      limiter,
      onChange: () => {},
    });
    tracker.start();
    expect(tracker.reading()).toMatchObject({
      effect: { type: 'none' },
      reason: 'nobody can read it here, counts as 0',
    });
    tracker.stop();
  });
});
