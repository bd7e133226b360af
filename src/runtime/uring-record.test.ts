import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UringRecord } from './uring-record.ts';

let dir: string;
let record: UringRecord;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-record-'));
  record = new UringRecord(dir);
});

afterEach(() => rmSync(dir, { recursive: true }));

test('two deaths within a minute are enough, until something ends in order', () => {
  record.begin(0);
  expect(record.refusal(500)).toBeNull();
  record.begin(500);
  expect(record.refusal(30_000)).toMatch(/twice within a minute/);
  // On node:net it may die as often as it likes.
  expect(record.refusal(900_000)).toMatch(/twice within a minute/);
  record.end();
  expect(new UringRecord(dir).refusal(900_001)).toBeNull();
});

test('a death that was forgiven is none, but gives nothing back that was given up', () => {
  record.begin(0);
  record.begin(10);
  record.forgive();
  expect(record.refusal(20)).toBeNull();
  record.begin(20);
  expect(record.refusal(30)).toMatch(/twice/);
  record.forgive();
  expect(record.refusal(40)).toMatch(/twice/);
});

test('deaths that are far apart are not', () => {
  record.begin(0);
  record.begin(1000);
  expect(record.refusal(62_000)).toBeNull();
  record.begin(62_000);
  expect(record.refusal(200_000)).toBeNull();
  record.begin(200_000);
  expect(record.refusal(201_000)).toMatch(/twice/);
});

test('what ends in order leaves nothing', () => {
  record.begin(0);
  record.end();
  record.begin(10);
  expect(record.refusal(20)).toBeNull();
});

test('what drains for long does not take the record of its successor along', () => {
  record.begin(0);
  record.end();
  const successor = new UringRecord(dir);
  successor.begin(10);
  record.end();
  successor.begin(20);
  expect(successor.refusal(30)).toMatch(/twice/);
});

test('a record that makes no sense, or cannot be kept, is none', () => {
  writeFileSync(join(dir, 'proxy.uring.json'), '{"starts":["x",null],"givenUp":1}');
  expect(record.refusal(0)).toBeNull();
  writeFileSync(join(dir, 'proxy.uring.json'), 'x');
  expect(record.refusal(0)).toBeNull();
  const nowhere = new UringRecord(join(dir, 'no', 'such'));
  nowhere.begin(0);
  expect(nowhere.refusal(0)).toBeNull();
  nowhere.end();
});
