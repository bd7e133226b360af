/**
 * How values of a request are compared, in nginx's signs: `= text` is it, `^ text` begins it, `~ pattern`
 * matches all of it. Without a sign a value is the text and a path a prefix.
 */
import { z } from 'zod';
import { linearRegExpProblem, PATTERN_CHARS_MAX } from '../../os/linear-regexp.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import type { PathMatch, ValueTest } from '../routing-config.ts';
import { settings } from '../settings.ts';
import { documented, fieldError, spelled, spelledOrNumber } from './field.ts';
import { parsePath, parsePathPrefix, pathPrefixAllowed } from './path-prefix.ts';

const { matchNamesMax, matchValuesMax, matchTextMax } = settings.listener;
/** A pattern is wrapped so that it has to match all of a value. */
const patternMax = PATTERN_CHARS_MAX - '^(?:)$'.length;
const SIGNED = /^([=^~]) +(.*)$/s;
const same = (text: string): string => text;

function parsePattern(text: string): Parsed<string> {
  if (text.length > patternMax) return refused(`at most ${patternMax} characters`);
  const problem = linearRegExpProblem(text);
  return problem === null ? parsed(text) : refused(problem);
}

/** nginx's signs that are none here. Case cannot be told to an expression in linear time. */
const NGINX_SIGNS: Readonly<Record<string, string>> = {
  '~*': 'there is no "~*": write "~ pattern" with [Aa] for letters of either case',
  '^~': 'a prefix needs no sign',
};

/** Why a pattern, written as for nginx, which looks for it anywhere in the path, is no use here. */
function pathHabit(text: string): string | null {
  if (/^[A-Za-z0-9]/.test(text)) return 'every path begins with "/"';
  if (/^\\[.dw]/.test(text)) return `the whole path has to match: write "~ .*${text}"`;
  if (/^\^/.test(text) && !/(\$|[.]\*)$/.test(text)) {
    return 'the whole path has to match: end it with ".*", or with "$" if nothing may follow';
  }
  return null;
}

/** Words for a path condition. */
export const pathAllowed = `${pathPrefixAllowed}, "= /login" for one path, "~ /v[0-9]+/.*" for a regular expression`;

function parsePathMatch(written: string): Parsed<PathMatch> {
  const [, sign = '', text = written] = SIGNED.exec(written) ?? [];
  if (sign === '^') return refused('a prefix needs no sign');
  const habit = sign === '~' ? pathHabit(text) : (NGINX_SIGNS[written.split(' ')[0]!] ?? null);
  if (habit !== null) return refused(habit);
  const [kind, parse] = PATH_FORMS[sign as keyof typeof PATH_FORMS];
  const result = parse(text);
  return result.ok ? parsed({ kind, text }) : result;
}

const PATH_FORMS = {
  '': ['prefix', parsePathPrefix],
  '=': ['exact', parsePath],
  '~': ['regex', parsePattern],
} as const;
const PATH_SIGNS = { prefix: '', exact: '= ', regex: '~ ' } as const;

/** A condition on the path. */
export const pathValue = spelled(
  pathAllowed,
  parsePathMatch,
  ({ kind, text }) => `${PATH_SIGNS[kind]}${text}`,
);

const valueAllowed =
  'true (there at all), false (not there), a value, "^ beginning", "~ regular expression", or a ' +
  'list of such';

function parseValue(written: string): Parsed<ValueTest> {
  const [, sign = '', text = written] = SIGNED.exec(written) ?? [];
  if (!/^[ -~]+$/.test(text) || text.length > matchTextMax) {
    return refused(`1 to ${matchTextMax} printable characters of ASCII`);
  }
  if (sign === '' && text.startsWith('~* ')) return refused(NGINX_SIGNS['~*']);
  if (sign === '^') return parsed({ kind: 'prefix', value: text });
  if (sign !== '~') return parsed({ kind: 'exact', value: text });
  const pattern = parsePattern(text);
  return pattern.ok ? parsed({ kind: 'regex', pattern: text }) : pattern;
}

function formatValue(test: ValueTest): string {
  if (test.kind === 'regex') return `~ ${test.pattern}`;
  if (test.kind === 'prefix') return `^ ${test.value}`;
  return SIGNED.test(test.value) ? `= ${test.value}` : test.value;
}

const isTest = (value: unknown): boolean => typeof value === 'object' && !Array.isArray(value);
const oneValue = spelledOrNumber(
  valueAllowed,
  parseValue,
  formatValue,
  { type: ['string', 'number'] },
  isTest,
);
const anyValue = z.union([
  z.boolean(),
  oneValue,
  z
    .array(oneValue)
    .min(1, { error: `found an empty list; allowed: ${valueAllowed}` })
    .max(matchValuesMax, { error: `at most ${matchValuesMax} values` }),
]);

/** Names by which a request has values, and what those are compared with. */
function valuesByName(
  what: string,
  example: string,
  form: RegExp,
  change: (name: string) => string,
) {
  const allowed = `a map of up to ${matchNamesMax} names and values, such as { ${example} }`;
  const parseName = (text: string) => (form.test(text) ? parsed(change(text)) : refused(''));
  const schema = z
    .record(spelled(`the name of a ${what}`, parseName, same), anyValue, {
      error: fieldError(allowed),
    })
    .refine((map) => Object.keys(map).length <= matchNamesMax, {
      error: `at most ${matchNamesMax} names`,
    })
    .optional();
  return { allowed, schema, default: 'whatever they are' };
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
const PARAMETER = /^[^\s&=#]{1,256}$/;
const header = valuesByName('header field', 'X-Version: "2"', TOKEN, (name) => name.toLowerCase());
const cookie = valuesByName('cookie', 'beta: true', TOKEN, same);
const query = valuesByName('query parameter', 'debug: true', PARAMETER, same);

/** The keys, to be spread into `match`. */
export const matchValueFields = {
  header: documented(header.schema, {
    doc:
      'Header fields by name: `true` there, `false` not there, a text the value, a list one of ' +
      'several; `"^ text"` begins it, `"~ pattern"` is a JavaScript regular expression for all of ' +
      'it, run in linear time. Of a field that is there several times one line is enough.',
    allowed: header.allowed,
    default: header.default,
  }),
  cookie: documented(cookie.schema, {
    doc: 'Cookies by name, as `header`; of several with one name the first.',
    allowed: cookie.allowed,
    default: cookie.default,
  }),
  query: documented(query.schema, {
    doc:
      'Query parameters by name, as `header`, compared as they are sent: nothing is decoded. Of ' +
      'several with one name the first.',
    allowed: query.allowed,
    default: query.default,
  }),
};
