/** `compression` of a listener or a route: which answers are compressed, and how. */
import { z } from 'zod';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import {
  choiceAllowed,
  choiceValue,
  documented,
  fieldError,
  integer,
  size,
  spelled,
} from './field.ts';

const { compression } = settings;
const same = (text: string): string => text;
const typeAllowed = 'a media type such as text/html, or text/*';

/** Parameters say nothing about whether a type is worth compressing. */
function parseType(text: string): Parsed<string> {
  if (text.includes(';')) return refused('leave the parameters out');
  const form = /^[A-Za-z0-9!#$&^_.+-]{1,64}\/([A-Za-z0-9!#$&^_.+-]{1,64}|\*)$/;
  return form.test(text) ? parsed(text.toLowerCase()) : refused('');
}

const codings = compression.codings;
const codingAllowed = choiceAllowed(codings);

const rules = z.strictObject({
  codings: documented(
    z
      .array(choiceValue(codings), { error: fieldError(`a list of ${codingAllowed}`) })
      .min(1, { error: `found an empty list; allowed: ${codingAllowed}, or compression: false` })
      .max(codings.length, { error: `at most ${codings.length} codings` })
      .prefault([...codings]),
    {
      doc: 'Which codings are used; of those that a client likes equally the first one here.',
      allowed: `a list of ${codingAllowed}`,
      default: `[${codings.join(', ')}]`,
    },
  ),
  types: documented(
    z
      .array(spelled(typeAllowed, parseType, same), { error: fieldError(`a list of types`) })
      .min(1, { error: 'found an empty list; allowed: at least one media type' })
      .max(compression.typesMax, { error: `at most ${compression.typesMax} types` })
      .prefault([...compression.types]),
    {
      doc:
        'Answers of these media types are compressed. `text/event-stream` has to be named by itself: ' +
        'such answers are then flushed piece by piece.',
      allowed: `a list of types: ${typeAllowed}`,
      default: 'text/html and the usual types of text, listed in docs/COMPRESSION.md',
    },
  ),
  min_size: size(compression.sizeMin, {
    doc: 'Shorter answers are left as they are: there is nothing to be gained.',
  }),
  gzip_level: integer(compression.gzipLevel, { doc: 'How hard gzip tries.' }),
  br_level: integer(compression.brLevel, {
    doc: 'How hard brotli tries.',
    danger: 'Beyond 6 it costs many times the processor time for a few percent.',
  }),
  zstd_level: integer(compression.zstdLevel, { doc: 'How hard zstd tries.' }),
});

const allowed = 'true, false, or a map such as { codings: [gzip], min_size: 4KiB }';

/** To be spread into the schemas of listeners and routes. */
export const compressionFields = {
  compression: documented(
    z.union([z.boolean(), rules], { error: fieldError(allowed) }).optional(),
    {
      doc:
        'Compresses answers for clients that say they can read that (docs/COMPRESSION.md). What a ' +
        'server has compressed already, and what says no-transform, stays as it is.',
      allowed,
      default: 'false; on a route what the listener says',
      danger:
        'A secret and what a stranger wrote in one compressed page can betray the secret (BREACH): ' +
        'leave it off for pages with both.',
    },
  ),
};
