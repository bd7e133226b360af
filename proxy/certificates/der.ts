/** A strict little reader of DER: just what an OCSP response and a public key need. */

/** One element: `tag` as its byte, the content at [start, end) of `bytes`. */
export interface DerElement {
  readonly bytes: Uint8Array;
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

export const DerTag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const;

/** The bytes are no DER, or not what was expected. */
export class DerError extends Error {}

/** The one element that all of `bytes` is. Throws DerError. */
export function readDer(bytes: Uint8Array): DerElement {
  const element = elementAt(bytes, 0, bytes.length);
  if (element.end !== bytes.length) throw new DerError('bytes after the end');
  return element;
}

/** The elements that it is made of. Throws DerError. */
export function childrenOf({ bytes, start, end }: DerElement): readonly DerElement[] {
  const children: DerElement[] = [];
  for (let at = start; at < end; at = children.at(-1)!.end) {
    children.push(elementAt(bytes, at, end));
  }
  return children;
}

/** Its content. */
export function contentOf({ bytes, start, end }: DerElement): Uint8Array {
  return bytes.subarray(start, end);
}

/** The element if it has that tag. Throws DerError. */
export function expectTag(element: DerElement | undefined, tag: number): DerElement {
  if (element === undefined || element.tag !== tag) throw new DerError(`no element of tag ${tag}`);
  return element;
}

/** GeneralizedTime as DER has it (YYYYMMDDhhmmssZ), ms since 1970. Throws DerError. */
export function timeOf(element: DerElement | undefined): number {
  const text = Buffer.from(contentOf(expectTag(element, DerTag.generalizedTime))).toString();
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) throw new DerError('no time');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function elementAt(bytes: Uint8Array, at: number, limit: number): DerElement {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || at + 2 > limit) throw new DerError('cut off');
  // High tag numbers are in nothing that is read here.
  if ((tag & 0x1f) === 0x1f) throw new DerError('long tag');
  let start = at + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new DerError('bad length');
    length = 0;
    for (let index = 0; index < count; index++) length = length * 256 + (bytes[start + index] ?? 0);
    start += count;
    if (length < 0x80) throw new DerError('long form of a short length');
  }
  const end = start + length;
  if (end > limit) throw new DerError('cut off');
  return { bytes, tag, start, end };
}
