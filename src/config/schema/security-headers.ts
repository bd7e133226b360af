/** `security_headers`: a preset, and what is different from it. */
import { z } from 'zod';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { securityFieldNames } from '../security-fields.ts';
import { didYouMean } from '../suggest.ts';
import { documented, fieldError, spelled } from './field.ts';

const same = (text: string): string => text;
const nameAllowed = 'a field of the preset';
const valueAllowed = 'off, or the value instead: printable ASCII, up to 4096 characters';

/** In the spelling of the preset. */
function parseName(text: string): Parsed<string> {
  const name = securityFieldNames.find((one) => one.toLowerCase() === text.toLowerCase());
  if (name !== undefined) return parsed(name);
  return refused(`not in the preset${didYouMean(text, securityFieldNames)}; headers can set it`);
}

function parseValue(text: string): Parsed<string> {
  return /^[!-~]([ -~]{0,4094}[!-~])?$/.test(text) ? parsed(text) : refused('');
}

const allowed = 'strict, off, or a map such as { X-Frame-Options: SAMEORIGIN }';

/** `security_headers` of a listener or a route. */
export const securityHeadersField = documented(
  z
    .union(
      [
        z.record(spelled(nameAllowed, parseName, same), spelled(valueAllowed, parseValue, same), {
          error: fieldError(allowed),
        }),
        z.literal('strict'),
        z.literal('off'),
      ],
      { error: fieldError(allowed) },
    )
    .optional(),
  {
    doc:
      'Fields that tell browsers to be strict, in every response that has none of its own, errors ' +
      'included; docs/REWRITING.md lists them. A map changes single fields of the preset: `off` leaves ' +
      'one out.',
    allowed,
    default: 'off; on a route that of the listener',
    danger:
      'Strict-Transport-Security binds browsers to https for a year, for every name below this one, ' +
      'too.',
  },
);
