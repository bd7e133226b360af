/** The content of an answer of our own: in the config file, or in a file of its own. */
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { documented, spelled } from './field.ts';
import { pathAllowed, pathValue } from './file-path.ts';

const { bodyMax } = settings.rewriting;
const same = (text: string): string => text;

const bodyAllowed = `a text of up to ${bodyMax} bytes`;

function parseBody(text: string): Parsed<string> {
  return Buffer.byteLength(text) <= bodyMax ? parsed(text) : refused('too long: use body_file');
}

const fileExample = '/etc/tandem/pages/sorry.html';
const typeAllowed = 'a media type, such as text/html or application/json; charset=utf-8';

function parseType(text: string): Parsed<string> {
  return /^[A-Za-z0-9.+-]{1,64}\/[A-Za-z0-9.+-]{1,64}(; ?[A-Za-z-]{1,32}=[A-Za-z0-9_."-]{1,64})*$/.test(
    text,
  )
    ? parsed(text)
    : refused('');
}

/** The keys. `byDefault` says what there is without body and body_file. */
export function pageFields(byDefault: string) {
  return {
    body: documented(spelled(bodyAllowed, parseBody, same).optional(), {
      doc: 'The content.',
      allowed: bodyAllowed,
      default: byDefault,
    }),
    body_file: documented(pathValue(fileExample).optional(), {
      doc: `The content in a file of up to ${settings.rewriting.bodyFileMax}; it is read once, at the start.`,
      allowed: pathAllowed(fileExample),
      default: 'none',
    }),
    content_type: documented(spelled(typeAllowed, parseType, same).optional(), {
      doc: 'What the content is.',
      allowed: typeAllowed,
      default: 'by the extension of body_file; text/plain; charset=utf-8 for a body',
    }),
  };
}

/** Both would be one too many. */
export function onePage(page: { body?: string | undefined; body_file?: string | undefined }) {
  return page.body === undefined || page.body_file === undefined;
}

/** What to say of both. */
export const onePageError = 'found body and body_file; allowed: one of them';
