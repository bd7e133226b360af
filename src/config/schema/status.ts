/** Status codes: one, a range, or a list of both. */
import { z } from 'zod';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { spelledOrNumber } from './field.ts';

/** Inclusive range of status codes. */
export type StatusRange = readonly [number, number];

/** Words for one of them. */
export const statusAllowed =
  'a status code from 100 to 599 or a range of them, such as 200 or 200-399';

function parseStatus(text: string): Parsed<StatusRange> {
  const match = /^([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?$/.exec(text);
  if (match === null) {
    const family = /^([1-5])xx$/i.exec(text)?.[1];
    return refused(family === undefined ? '' : `write ${family}00-${family}99`);
  }
  const from = Number(match[1]);
  const to = match[2] === undefined ? from : Number(match[2]);
  return to < from ? refused('the range ends before it starts') : parsed([from, to]);
}

function formatStatus([from, to]: StatusRange): string | number {
  return from === to ? from : `${from}-${to}`;
}

const statusValue = spelledOrNumber(
  statusAllowed,
  parseStatus,
  formatStatus,
  { type: ['integer', 'string'], pattern: '^[1-5][0-9]{2}(-[1-5][0-9]{2})?$' },
  // A range is an array itself; a list of them has arrays in it.
  (value) => Array.isArray(value) && typeof value[0] === 'number',
);

/** One of them, or a list. */
export const statusSchema = z.union([statusValue, z.array(statusValue).min(1)]);
