/**
 * Durations, sizes and rates as operators write them. Everything is parsed exactly into integers
 * (milliseconds, bytes, events per window); a value that is not a whole number is refused with the
 * spelling that is meant, never rounded.
 */
import { type Parsed, parsed, refused } from './parsed.ts';

/** Events allowed in a window of time. */
export interface Rate {
  readonly count: number;
  readonly windowMs: number;
}

const durationUnits = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
const sizeUnits = { GiB: 1024 ** 3, MiB: 1024 ** 2, KiB: 1024 } as const;
const rateWindows = { s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Spellings of other programs, each with the unit it most likely means. */
const sizeUnitGuesses: Readonly<Record<string, keyof typeof sizeUnits>> = {
  k: 'KiB',
  kb: 'KiB',
  kib: 'KiB',
  m: 'MiB',
  mb: 'MiB',
  mib: 'MiB',
  g: 'GiB',
  gb: 'GiB',
  gib: 'GiB',
};

/** Milliseconds in `250ms`, `2s`, `5m` or `1h`. */
export function parseDuration(text: string): Parsed<number> {
  const match = /^([0-9]+)(ms|s|m|h)$/.exec(text);
  if (match === null) return refused(durationHint(text));
  const value = Number(match[1]) * durationUnits[match[2] as keyof typeof durationUnits];
  return Number.isSafeInteger(value) ? parsed(value) : refused('too long to count');
}

function durationHint(text: string): string {
  if (/^[0-9]+$/.test(text)) {
    return `no unit: write ${text}ms or ${text}s`;
  }
  const decimal = /^([0-9]*\.[0-9]+)(s|m|h)$/.exec(text);
  if (decimal !== null) {
    const ms = Number(decimal[1]) * durationUnits[decimal[2] as 's' | 'm' | 'h'];
    if (Number.isSafeInteger(ms) && ms > 0) {
      return `whole numbers only: write ${formatDuration(ms)}`;
    }
  }
  return '';
}

/** Shortest exact spelling of a duration: 1000 is `1s`, 1500 is `1500ms`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  for (const [unit, factor] of Object.entries(durationUnits)) {
    if (ms >= factor && ms % factor === 0) return `${ms / factor}${unit}`;
  }
  return `${ms}ms`;
}

/** Bytes in `64KiB`, `10MiB`, `1GiB` or plain `65536`. */
export function parseSize(text: string): Parsed<number> {
  const match = /^([0-9]+)(KiB|MiB|GiB)?$/.exec(text);
  if (match === null) return refused(sizeHint(text));
  const factor = match[2] === undefined ? 1 : sizeUnits[match[2] as keyof typeof sizeUnits];
  const value = Number(match[1]) * factor;
  return Number.isSafeInteger(value) ? parsed(value) : refused('too large to count');
}

function sizeHint(text: string): string {
  const match = /^([0-9]+) ?([A-Za-z]{1,3})$/.exec(text);
  const unit = sizeUnitGuesses[match?.[2]?.toLowerCase() ?? ''];
  return match === null || unit === undefined ? '' : `write ${match[1]}${unit} (1024-based)`;
}

/** Shortest exact spelling of a size: 65536 is `64KiB`, 1000 is `1000`. */
export function formatSize(bytes: number): string {
  for (const [unit, factor] of Object.entries(sizeUnits)) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return `${bytes}`;
}

/** A rate such as `100/s`, `5/m` or `1000/h`; the count is at least 1. */
export function parseRate(text: string): Parsed<Rate> {
  const match = /^([0-9]+)\/(s|m|h)$/.exec(text);
  if (match === null) return refused('');
  const count = Number(match[1]);
  if (count === 0) return refused('a rate of nothing');
  if (!Number.isSafeInteger(count)) return refused('too many to count');
  return parsed({ count, windowMs: rateWindows[match[2] as keyof typeof rateWindows] });
}

/** Spelling of a rate; the window must be one that `parseRate` gives. */
export function formatRate(rate: Rate): string {
  for (const [unit, windowMs] of Object.entries(rateWindows)) {
    if (rate.windowMs === windowMs) return `${rate.count}/${unit}`;
  }
  throw new RangeError(`no unit for a window of ${rate.windowMs} ms`);
}
