import { expect, test } from 'vitest';
import type { DeskReport } from './reload-half.ts';
import { settle } from './settle.ts';

const waiting = { token: 'mine', digest: 'new', running: 'old' };
const other: DeskReport = { state: 'idle', token: null, applied: null, running: 'old' };

test.each([
  ['it has applied this one', { ...other, applied: 'mine', running: 'new' }, 'apply'],
  ['it has it prepared', { ...other, state: 'prepared', token: 'mine' }, 'wait'],
  ['it is applying it', { ...other, state: 'applying', token: 'mine' }, 'wait'],
  ['it has forgotten it', other, 'abandon'],
  ['it prepares another one', { ...other, state: 'prepared', token: 'theirs' }, 'abandon'],
  ['it was restarted since, and has read the file', { ...other, running: 'new' }, 'apply'],
  ['it does not run', { type: 'absent', why: 'not running' }, 'wait'],
] as const)('%s', (_, seen, expected) => {
  expect(settle(waiting, seen)).toBe(expected);
});

test('the same file with other secrets is no proof that the other half has followed', () => {
  expect(settle({ ...waiting, running: 'new' }, { ...other, running: 'new' })).toBe('abandon');
});
