/** Cache-Control of requests and responses (RFC 9111 5.2, RFC 5861, RFC 8246). */
import { withoutBlanks } from '../../http1/list-members.ts';
import { DELTA_SECONDS_MAX } from '../limits.ts';
import { splitDirectives } from './directive-list.ts';

/** What was said. Seconds where a number belongs to it; null: the directive is not there. */
export interface CacheControl {
  /** Anything was said at all. */
  present: boolean;
  noStore: boolean;
  noCache: boolean;
  private: boolean;
  public: boolean;
  mustRevalidate: boolean;
  proxyRevalidate: boolean;
  mustUnderstand: boolean;
  noTransform: boolean;
  immutable: boolean;
  onlyIfCached: boolean;
  maxAge: number | null;
  sMaxage: number | null;
  staleWhileRevalidate: number | null;
  staleIfError: number | null;
  minFresh: number | null;
  /** Infinity without a number. */
  maxStale: number | null;
}

type Flag = {
  [Key in keyof CacheControl]: CacheControl[Key] extends boolean ? Key : never;
}[keyof CacheControl];
type Delta = Exclude<keyof CacheControl, Flag>;

/**
 * Directives that only take away. An argument does not matter: `no-cache="x"` and `private="x"`, of
 * which parts might be kept, are taken for the whole response, as RFC 9111 5.2.2.4 and 5.2.2.7 allow.
 */
const RESTRICTIONS: ReadonlyMap<string, Flag> = new Map([
  ['no-store', 'noStore'],
  ['no-cache', 'noCache'],
  ['private', 'private'],
  ['must-revalidate', 'mustRevalidate'],
  ['proxy-revalidate', 'proxyRevalidate'],
  ['no-transform', 'noTransform'],
  ['only-if-cached', 'onlyIfCached'],
]);

/** Directives that allow something; with an argument, which none has, they do not count. */
const PERMISSIONS: ReadonlyMap<string, Flag> = new Map([
  ['public', 'public'],
  ['must-understand', 'mustUnderstand'],
  ['immutable', 'immutable'],
]);

const DELTAS: ReadonlyMap<string, Delta> = new Map([
  ['max-age', 'maxAge'],
  ['s-maxage', 'sMaxage'],
  ['stale-while-revalidate', 'staleWhileRevalidate'],
  ['stale-if-error', 'staleIfError'],
  ['min-fresh', 'minFresh'],
  ['max-stale', 'maxStale'],
]);

/** Nothing is said. */
export function noDirectives(): CacheControl {
  return {
    present: false,
    noStore: false,
    noCache: false,
    private: false,
    public: false,
    mustRevalidate: false,
    proxyRevalidate: false,
    mustUnderstand: false,
    noTransform: false,
    immutable: false,
    onlyIfCached: false,
    maxAge: null,
    sMaxage: null,
    staleWhileRevalidate: null,
    staleIfError: null,
    minFresh: null,
    maxStale: null,
  };
}

/**
 * Reads all lines of the field, joined by commas. What cannot be read is taken for what is safest: a
 * lifetime that is no number, or two that differ, are 0 (RFC 9111 4.2.1), a list that is broken off
 * within quotes forbids storing, and unknown directives do nothing (5.2.3).
 */
export function parseCacheControl(text: string): CacheControl {
  const control = noDirectives();
  const { directives, broken } = splitDirectives(text);
  for (const { name, argument } of directives) {
    control.present = true;
    const restriction = RESTRICTIONS.get(name);
    if (restriction !== undefined) control[restriction] = true;
    const permission = PERMISSIONS.get(name);
    if (permission !== undefined && argument === null) control[permission] = true;
    const delta = DELTAS.get(name);
    if (delta !== undefined) setDelta(control, delta, argument);
  }
  if (broken) control.noStore = true;
  return control;
}

function setDelta(control: CacheControl, name: Delta, argument: string | null): void {
  const valueless = name === 'maxStale' && argument === null;
  const seconds = valueless
    ? Number.POSITIVE_INFINITY
    : (parseDeltaSeconds(argument) ?? unread(name));
  const before = control[name];
  if (before === null || before === seconds) control[name] = seconds;
  else control[name] = name === 'minFresh' ? Math.max(before, seconds) : 0;
}

/** What a number that is none stands for: the one that lets the least be used. */
function unread(name: Delta): number {
  return name === 'minFresh' ? DELTA_SECONDS_MAX : 0;
}

/** `delta-seconds` (RFC 9111 1.2.2): digits only, cut at 2^31; null for anything else. */
export function parseDeltaSeconds(text: string | null): number | null {
  if (text === null) return null;
  const digits = withoutBlanks(text);
  if (digits.length === 0 || digits.length > 64) return null;
  for (let at = 0; at < digits.length; at++) {
    const code = digits.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return null;
  }
  return Math.min(Number(digits), DELTA_SECONDS_MAX);
}
