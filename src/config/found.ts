/** The wording every problem shares: what was found, and what is allowed. */
import { foundTextMax } from './limits.ts';

/** A value of the file, short enough for a message. Never throws, whatever the value. */
export function foundText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value !== 'string') return String(value);
  const cut = value.length > foundTextMax ? `${value.slice(0, foundTextMax)}…` : value;
  return JSON.stringify(cut);
}

/**
 * `found "5"; allowed: a duration`, or `missing; needed: a duration` for an absent value. `reason`
 * says what is wrong with this value in particular, and may be empty.
 */
export function foundMessage(value: unknown, allowed: string, reason = ''): string {
  if (value === undefined) return `missing; needed: ${allowed}`;
  const because = reason === '' ? '' : `: ${reason}`;
  return `found ${foundText(value)}${because}; allowed: ${allowed}`;
}
