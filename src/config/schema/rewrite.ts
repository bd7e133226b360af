/** `routes[].rewrite`: what servers are asked instead of what the client asked. */
import { z } from 'zod';
import { linearRegExpProblem, PATTERN_CHARS_MAX } from '../../os/linear-regexp.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { documented, fieldError, spelled } from './field.ts';
import { parsePathPrefix, pathPrefixAllowed } from './path-prefix.ts';
import { nameList, templateAllowed, templateMap, templateValue } from './template.ts';

const same = (text: string): string => text;
/** Words for a regular expression. */
export const patternAllowed = `a regular expression of 1 to ${PATTERN_CHARS_MAX} characters that needs no backtracking`;

function parsePattern(text: string): Parsed<string> {
  if (text === '') return refused('');
  const problem = linearRegExpProblem(text);
  return problem === null ? parsed(text) : refused(problem);
}

const withAllowed = 'a path with $1 to $9 for what the groups matched, such as /new/$1';

const replaceAllowed = 'a map of regex and with, such as { regex: "^/old/(.*)$", with: "/new/$1" }';
const replaceSchema = z.strictObject(
  {
    regex: documented(spelled(patternAllowed, parsePattern, same), {
      doc:
        'What is replaced of the normalised path: the first match. It is run in time linear to the ' +
        'path, so look-around, back references and numbers of repetitions over 16 are refused.',
      allowed: patternAllowed,
      default: null,
    }),
    with: documented(
      templateValue(withAllowed, (text) =>
        /[?#\\]/.test(text) ? 'only a path: "?", "#" and "\\" stand for other things' : null,
      ),
      {
        doc:
          'What comes in its place. A client whose request would become a path with dot segments, ' +
          'encoded slashes or the like is answered 400.',
        allowed: withAllowed,
        default: null,
      },
    ),
  },
  { error: fieldError(replaceAllowed) },
);

const pathMapAllowed = 'a map of strip, replace and prefix, such as { strip: /api }';
const pathSchema = z.strictObject(
  {
    strip: documented(spelled(pathPrefixAllowed, parsePathPrefix, same).optional(), {
      doc: 'A prefix that is cut off, where the path has it.',
      allowed: pathPrefixAllowed,
      default: 'none',
    }),
    replace: documented(replaceSchema.optional(), {
      doc: 'Something else for what a regular expression matches, after strip.',
      allowed: replaceAllowed,
      default: 'none',
    }),
    prefix: documented(spelled(pathPrefixAllowed, parsePathPrefix, same).optional(), {
      doc: 'What is put before the path, after strip and replace.',
      allowed: pathPrefixAllowed,
      default: 'none',
    }),
  },
  { error: fieldError(pathMapAllowed) },
);

const hostAllowed = 'a host with or without a port, and variables, such as "$arg_tenant.internal"';

const argumentAllowed = 'the name of an argument, such as page';

function parseArgument(text: string): Parsed<string> {
  return /^[A-Za-z0-9\-._~[\]:@!$'()*,;]{1,64}$/.test(text) ? parsed(text) : refused('');
}

const valuesAllowed = 'a map of names and values, such as { lang: de }';
const namesAllowed = 'a list of names, such as [utm_source]';
const queryAllowed = 'a map of set, add and remove';
const querySchema = z.strictObject(
  {
    set: documented(templateMap(valuesAllowed, argumentAllowed, parseArgument).prefault({}), {
      doc: 'Arguments that have exactly this value; one whose value comes out empty is removed.',
      allowed: valuesAllowed,
      default: '{}',
    }),
    add: documented(templateMap(valuesAllowed, argumentAllowed, parseArgument).prefault({}), {
      doc: 'Arguments that are added beside what there is.',
      allowed: valuesAllowed,
      default: '{}',
    }),
    remove: documented(nameList(namesAllowed, argumentAllowed, parseArgument).prefault([]), {
      doc: 'Arguments that are left out.',
      allowed: namesAllowed,
      default: '[]',
    }),
  },
  { error: fieldError(queryAllowed) },
);

const rewriteAllowed = 'a map of path, host and query';

/** `rewrite`. */
export const rewriteField = documented(
  z
    .strictObject(
      {
        path: documented(pathSchema.optional(), {
          doc: 'Another path. Routes, limits and allow lists have seen the one that came.',
          allowed: pathMapAllowed,
          default: 'the path that came',
        }),
        host: documented(
          templateValue(`${hostAllowed}; ${templateAllowed}`, (text) =>
            text === '' || /[ /@]/.test(text) ? 'no host' : null,
          ).optional(),
          {
            doc: 'Another Host field. A request for which it comes out as no host is answered 400.',
            allowed: hostAllowed,
            default: 'the host that the client asked for',
          },
        ),
        query: documented(querySchema.optional(), {
          doc: 'Changes of the query; arguments that it does not name stay as they came.',
          allowed: queryAllowed,
          default: 'the query that came',
        }),
      },
      { error: fieldError(rewriteAllowed) },
    )
    .optional(),
  {
    doc: 'What servers are asked instead of what the client asked.',
    allowed: rewriteAllowed,
    default: 'none',
  },
);
