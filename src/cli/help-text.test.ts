import { expect, test } from 'vitest';
import { commands } from './commands/index.ts';
import { fillText } from './help-text.ts';

const TEXT = 'One two three four five six seven eight.\nNine ten.\n\n  tandem x   as it is\nEnd.';

test('paragraphs are filled for the terminal, commands and empty lines stay', () => {
  expect(fillText(TEXT, 40).split('\n')).toEqual([
    'One two three four five six seven eight.',
    'Nine ten.',
    '',
    '  tandem x   as it is',
    'End.',
  ]);
  expect(fillText(TEXT, 80).split('\n')[0]).toBe(
    'One two three four five six seven eight. Nine ten.',
  );
  expect(fillText('x'.repeat(99), 40)).toBe('x'.repeat(99));
});

test('a pipe has 80 columns, and no terminal is too narrow', () => {
  expect(fillText(TEXT, undefined)).toBe(fillText(TEXT, 80));
  expect(fillText(TEXT, 5)).toBe(fillText(TEXT, 40));
});

test.each(commands)('$name: the help fits a terminal of 80 columns', ({ details = '' }) => {
  const long = fillText(details, 80)
    .split('\n')
    .filter((line) => line.length > 80);
  expect(long).toEqual([]);
});
