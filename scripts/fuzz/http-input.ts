/** HTTP messages to feed parsers with: those of the differential corpus, broken where it matters. */
import type { Prng } from '../../keepalive/simulator/prng.ts';
import type { Theme } from '../../testbed/differential/corpus/case.ts';
import { requestThemes, responseThemes } from '../../testbed/differential/corpus/index.ts';
import { limits } from './limits.ts';
import { mutated } from './mutate.ts';

/** What parsers look for, and what looks like it. */
const WORDS = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '"',
  '\0',
  '%2f',
  '../',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  'ffffffffffffffff\r\n',
  'HTTP/1.1',
  'HTTP/1.0',
  '\r\n folded',
  '\r\nHost: b\r\n',
  '\r\nContent-Length: 5\r\n',
  '\r\nContent-Length: 05\r\n',
  '\r\nTransfer-Encoding: chunked\r\n',
  '\r\nTransfer-Encoding: gzip, chunked\r\n',
  '\r\nConnection: close\r\n',
  '\r\nConnection: upgrade\r\nUpgrade: websocket\r\n',
  '\r\nExpect: 100-continue\r\n',
  '\r\nTE: trailers\r\n',
  'HTTP/1.1 103 X\r\n\r\n',
] as const;

type Edit = (text: string, prng: Prng) => string;

const place = (text: string, prng: Prng) => prng.integer(0, text.length);
const lineOf = (text: string, prng: Prng) => prng.pick(text.split('\r\n'));

/** What a person would try by hand; single bytes are left to `mutated`. */
const EDITS: readonly Edit[] = [
  (text, prng) => {
    const at = place(text, prng);
    return text.slice(0, at) + prng.pick(WORDS) + text.slice(at);
  },
  (text, prng) => text.replace('\r\n', prng.pick(WORDS)),
  (text, prng) => text.replace('\r\n', `\r\n${lineOf(text, prng)}\r\n`),
  (text, prng) => text.replace(`${lineOf(text, prng)}\r\n`, ''),
  (text, prng) => text.replace(/\d+/, String(prng.integer(0, 20))),
  (text, prng) => text.slice(0, place(text, prng)),
  (text, prng) => text + text.slice(place(text, prng)),
  (text, prng) => Buffer.from(mutated(Buffer.from(text, 'latin1'), prng)).toString('latin1'),
];

/** Requests and responses that are short enough to be broken in many ways. */
export const requestSamples = short(requestThemes);
export const responseSamples = short(responseThemes);

function short(themes: readonly Theme[]): readonly string[] {
  const texts = themes.flatMap(({ cases }) => cases.map(({ bytes }) => bytes));
  return texts.filter((text) => text.length <= limits.inputBytesMax);
}

/** One or two of the samples behind each other, mostly edited up to four times. */
export function httpInput(samples: readonly string[], prng: Prng): string {
  let text = prng.pick(samples);
  if (prng.chance(0.3)) text += prng.pick(samples);
  for (let edits = prng.integer(0, 4); edits > 0; edits--) text = prng.pick(EDITS)(text, prng);
  return text.slice(0, 2 * limits.inputBytesMax);
}

/** The text in random pieces. */
export function inPieces(text: string, prng: Prng): Buffer[] {
  const pieces: Buffer[] = [];
  const longest = prng.pick([1, 3, 20, 400]);
  for (let at = 0; at < text.length; ) {
    const end = at + prng.integer(1, longest);
    pieces.push(Buffer.from(text.slice(at, end), 'latin1'));
    at = end;
  }
  return pieces;
}
