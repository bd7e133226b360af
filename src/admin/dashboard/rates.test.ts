import { expect, test } from 'vitest';
import { Rates } from './rates.ts';

const counts = (requests: number) => new Map([['requests web', requests]]);

test('a rate needs two looks, and is of the last five seconds', () => {
  const rates = new Rates();
  rates.look(0, counts(1000));
  expect(rates.of('requests web')).toBeNull();
  rates.look(1000, counts(1010));
  expect(rates.of('requests web')).toBe(10);
  for (let second = 2; second <= 30; second++) rates.look(second * 1000, counts(1010));
  expect(rates.of('requests web')).toBe(0);
});

test('what was not there before has no rate, and what begins anew counts from its beginning', () => {
  const rates = new Rates();
  rates.look(0, new Map());
  rates.look(1000, counts(5));
  expect(rates.of('requests web')).toBeNull();
  rates.look(2000, counts(2));
  expect(rates.of('requests web')).toBe(2);
  rates.look(3000, new Map());
  expect(rates.of('requests web')).toBeNull();
});

test('a clock that goes back, and a time without looks, begin anew', () => {
  const rates = new Rates();
  rates.look(5000, counts(1));
  rates.look(6000, counts(2));
  rates.look(4000, counts(3));
  expect(rates.of('requests web')).toBeNull();
  rates.look(5000, counts(4));
  expect(rates.of('requests web')).toBe(1);
  rates.forget();
  rates.look(9000, counts(50));
  expect(rates.of('requests web')).toBeNull();
});
