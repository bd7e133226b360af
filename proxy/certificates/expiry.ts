/** When is the end of a certificate near enough to be said? Pure. */
import { WARN_DAYS, WARN_LIFETIME_SHARE } from './limits.ts';

const DAY_MS = 24 * 3_600_000;

/** Of a certificate, ms since 1970. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * The tightest threshold in days that the time left has passed, 0 when it has expired, null when none
 * is passed. Thresholds that a certificate passes in the first part of its life say nothing about it.
 */
export function expiryStage({ notBefore, notAfter }: Validity, now: number): number | null {
  const left = notAfter - now;
  if (left <= 0) return 0;
  const longest = (notAfter - notBefore) * WARN_LIFETIME_SHARE;
  const passed = WARN_DAYS.filter((days) => left <= days * DAY_MS && days * DAY_MS <= longest);
  return passed.length === 0 ? null : Math.min(...passed);
}

/** How long it is good for, in words. */
export function expiryText({ notAfter }: Pick<Validity, 'notAfter'>, now: number): string {
  const left = notAfter - now;
  if (left <= 0) return `expired on ${new Date(notAfter).toISOString().slice(0, 10)}`;
  const days = Math.floor(left / DAY_MS);
  if (days >= 2) return `expires in ${days} days`;
  return `expires in ${Math.floor(left / 3_600_000)} hours`;
}
