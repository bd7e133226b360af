import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENTITY_TAGS_MAX } from '../limits.ts';
import { listsTag, sameStrongly, sameWeakly } from './entity-tag.ts';
import { isNotModified, isRangeStillGood, type StoredValidators } from './precondition.ts';
import { readResponse } from './response-facts.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const at = (ms: number) => new Date(NOW + ms).toUTCString();
const STORED: StoredValidators = {
  status: 200,
  etag: '"a"',
  lastModified: NOW - 60_000,
  date: NOW,
};

const notModified = (fields: Record<string, string>, change: Partial<StoredValidators> = {}) =>
  isNotModified((name) => fields[name] ?? null, { ...STORED, ...change }, NOW);
const rangeGood = (value: string, change: Partial<StoredValidators> = {}) =>
  isRangeStillGood((name) => (name === 'if-range' ? value : null), { ...STORED, ...change }, NOW);

describe('entity tags', () => {
  it('are the same strongly only when neither is weak (RFC 9110 8.8.3.2)', () => {
    expect(sameStrongly('"1"', '"1"')).toBe(true);
    expect(sameStrongly('W/"1"', 'W/"1"')).toBe(false);
    expect(sameStrongly('W/"1"', '"1"')).toBe(false);
    expect(sameWeakly('W/"1"', 'W/"1"')).toBe(true);
    expect(sameWeakly('W/"1"', '"1"')).toBe(true);
    expect(sameWeakly('W/"1"', 'W/"2"')).toBe(false);
  });

  it('that are not quoted are none', () => {
    const etag = (value: string) =>
      readResponse(200, (name) => (name === 'etag' ? value : null), 0).etag;
    expect(etag('W/"x"')).toBe('W/"x"');
    for (const value of ['x', 'w/"x"', '"x', '"a b"', '"a", "b"']) expect(etag(value)).toBeNull();
  });
});

describe('If-None-Match', () => {
  it('is compared weakly with each tag of the list', () => {
    expect(notModified({ 'if-none-match': '"a"' })).toBe(true);
    expect(notModified({ 'if-none-match': 'W/"a"' })).toBe(true);
    expect(notModified({ 'if-none-match': '"x,y", ,"a"' })).toBe(true);
    expect(notModified({ 'if-none-match': '"b", "c"' })).toBe(false);
    expect(notModified({ 'if-none-match': '*' })).toBe(true);
  });

  it('goes before If-Modified-Since', () => {
    const fields = { 'if-none-match': '"b"', 'if-modified-since': at(0) };
    expect(notModified(fields)).toBe(false);
  });

  it('that is broken or endless matches nothing', () => {
    for (const text of ['a', '"a', '"b" "a"', 'x, "a"', '*, "a"']) {
      expect(notModified({ 'if-none-match': text })).toBe(false);
    }
    expect(listsTag(`${'"b",'.repeat(ENTITY_TAGS_MAX)}"a"`, '"a"')).toBeNull();
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('"', 'W/', ',', ' ', 'a', '*') }),
        (text) => void listsTag(text, '"a"'),
      ),
    );
  });

  it('matches nothing where nothing is tagged', () => {
    expect(notModified({ 'if-none-match': '"a"' }, { etag: null })).toBe(false);
  });
});

describe('If-Modified-Since', () => {
  it('is met by what was not modified after it', () => {
    expect(notModified({ 'if-modified-since': at(-60_000) })).toBe(true);
    expect(notModified({ 'if-modified-since': at(0) })).toBe(true);
    expect(notModified({ 'if-modified-since': at(-61_000) })).toBe(false);
  });

  it('is compared with Date where there is no Last-Modified', () => {
    expect(notModified({ 'if-modified-since': at(0) }, { lastModified: null })).toBe(true);
    expect(notModified({ 'if-modified-since': at(-1000) }, { lastModified: null })).toBe(false);
    const older = { lastModified: null, date: NOW - 5000 };
    expect(notModified({ 'if-modified-since': at(-1000) }, older)).toBe(true);
  });

  it('that is no date does not count', () => {
    expect(notModified({ 'if-modified-since': 'yesterday' })).toBe(false);
  });
});

describe('a condition', () => {
  it('is not judged by a stored error', () => {
    expect(notModified({ 'if-none-match': '"a"' }, { status: 404 })).toBe(false);
  });
});

describe('If-Range', () => {
  it('is compared strongly with the tag', () => {
    expect(rangeGood('"a"')).toBe(true);
    expect(rangeGood('W/"a"')).toBe(false);
    expect(rangeGood('W/"a"', { etag: 'W/"a"' })).toBe(false);
    expect(rangeGood('"b"')).toBe(false);
  });

  it('with a date is met by just that date, if it is a strong validator', () => {
    expect(rangeGood(at(-60_000))).toBe(true);
    expect(rangeGood(at(-59_000))).toBe(false);
    expect(rangeGood(at(-60_000), { date: NOW - 60_000 })).toBe(false);
    expect(rangeGood(at(-60_000), { lastModified: null })).toBe(false);
  });
});
