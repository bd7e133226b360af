import { expect, it } from 'vitest';
import { expiryStage, expiryText } from './expiry.ts';

const DAY = 24 * 3_600_000;
const of = (days: number) => ({ notBefore: 0, notAfter: days * DAY });

it.each([
  [90, 40, null],
  [90, 30, 30],
  [90, 14.5, 30],
  [90, 14, 14],
  [90, 7, 7],
  [90, 1, 1],
  [90, 0, 0],
  [90, -5, 0],
  [6, 5, null],
  [6, 1, 1],
  [2, 1, null],
])(
  'of a certificate for %d days, with %d left, the threshold passed is %j',
  (life, left, stage) => {
    expect(expiryStage(of(life), (life - left) * DAY)).toBe(stage);
  },
);

it.each([
  [12.5, 'expires in 12 days'],
  [1.5, 'expires in 36 hours'],
  [0, 'expired on 1970-04-01'],
])('with %d days left it %s', (left, text) => {
  expect(expiryText(of(90), (90 - left) * DAY)).toBe(text);
});
