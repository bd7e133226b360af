import { expect, test } from 'vitest';
import { Answerers } from './answerers.ts';

const A = '02:00:00:00:00:0a';
const B = '02:00:00:00:00:0b';

test('who answers first is told at once, who ceases to with the time of the last answer', () => {
  const answerers = new Answerers();
  expect(answerers.asked()).toEqual([]);
  expect(answerers.answered(A, 10)).toEqual({ atMs: 10, mac: A, answers: true });
  answerers.asked();
  expect(answerers.answered(A, 15)).toBeNull();
  expect(answerers.answered(B, 16)).toEqual({ atMs: 16, mac: B, answers: true });
  const ceased = [];
  for (let question = 0; question < 6; question++) {
    ceased.push(...answerers.asked());
    answerers.answered(B, 20 + question);
  }
  expect(ceased).toEqual([{ atMs: 15, mac: A, answers: false }]);
});

test('an answer that is lost, or some questions late, is no change', () => {
  const answerers = new Answerers();
  answerers.asked();
  answerers.answered(A, 1);
  for (let round = 0; round < 3; round++) {
    for (let question = 0; question < 4; question++) expect(answerers.asked()).toEqual([]);
    expect(answerers.answered(A, 20 * round)).toBeNull();
  }
});
