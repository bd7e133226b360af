import { expect, test } from 'vitest';
import { InputFunnel } from './input-funnel.ts';

test('inputs that arise meanwhile wait their turn, and what follows comes after them', () => {
  const seen: string[] = [];
  let settled = 0;
  const funnel = new InputFunnel<string>(
    (input) => {
      seen.push(`${input} begins`);
      if (input === 'a') funnel.take('b');
      seen.push(`${input} ends`);
      return input === 'a' ? ['c'] : [];
    },
    () => {
      settled++;
    },
  );
  funnel.take('a');
  expect(seen.filter((line) => line.endsWith('begins'))).toEqual([
    'a begins',
    'b begins',
    'c begins',
  ]);
  expect(seen.slice(0, 2)).toEqual(['a begins', 'a ends']);
  expect(settled).toBe(1);
});

test('a defect in one input neither swallows nor blocks the others', () => {
  const seen: string[] = [];
  const funnel = new InputFunnel<string>(
    (input) => {
      seen.push(input);
      if (input === 'bad') {
        funnel.take('queued behind it');
        throw new Error('a defect');
      }
      return [];
    },
    () => {},
  );
  expect(() => funnel.take('bad')).toThrow('a defect');
  funnel.take('stop');
  expect(seen).toEqual(['bad', 'queued behind it', 'stop']);
});
