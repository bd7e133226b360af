import { expect, test } from 'vitest';
import { createOutput } from './output.ts';
import { Progress } from './progress.ts';

function sink(more: { isTTY?: boolean; columns?: number } = {}) {
  const written: string[] = [];
  return { ...more, written, write: (text: string) => written.push(text) };
}

test('on a terminal each line takes the place of the one before, and is gone before what comes next', () => {
  const stderr = sink({ isTTY: true, columns: 40 });
  const output = createOutput(sink(), stderr);
  output.progress.show('3 left');
  output.progress.show('37 connections left, oldest 4m 2s: 12 idle; cut in 5m 50s');
  output.note('done');
  output.note('and over');
  expect(stderr.written).toEqual([
    '\r\x1b[K3 left',
    '\r\x1b[K37 connections left,…dle; cut in 5m 50s',
    '\r\x1b[K',
    'done\n',
    'and over\n',
  ]);
});

test('elsewhere there is a line every few seconds, if it is another one', () => {
  let now = 0;
  const stderr = sink();
  const progress = new Progress(stderr, () => now);
  const look = (at: number, text: string) => {
    now = at;
    progress.show(text);
  };
  look(0, '3 left');
  look(4_000, '2 left');
  look(5_500, '2 left');
  look(12_000, '2 left');
  look(13_000, '1 left');
  progress.clear();
  expect(stderr.written).toEqual(['3 left\n', '2 left\n', '1 left\n']);
});
