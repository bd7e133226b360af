/** Finds fields, cookies and arguments of a request's head by name. All ranges are into its bytes. */
import { FIELD_STRIDE, type RequestHead } from '../http1/head.ts';
import { isFieldNamed, isNamed } from '../http1/named-field.ts';

const SPACE = 0x20;
const EQUALS = 0x3d;

/** Called with the range of one value. */
export type ValueVisitor = (start: number, end: number) => void;

/** Visits the values of a field in order. `name` is lower case with `_` for `-`. */
export function visitField(head: RequestHead, name: Buffer, visit: ValueVisitor): void {
  const { table } = head;
  for (let index = 0; index < head.fieldCount; index++) {
    const base = index * FIELD_STRIDE;
    if (!isFieldNamed(head, index, name)) continue;
    visit(table[base + 2]!, table[base + 3]!);
  }
}

/** The value of the first `name=value` in [start, end); null when there is none. Any case of name. */
export function findPair(
  bytes: Buffer,
  start: number,
  end: number,
  separator: number,
  name: Buffer,
): readonly [start: number, end: number] | null {
  for (let at = start; at < end; ) {
    let next = at;
    while (next < end && bytes[next] !== separator) next++;
    while (at < next && bytes[at] === SPACE) at++;
    const value = at + name.length + 1;
    if (value <= next && bytes[value - 1] === EQUALS && isNamed(bytes, at, value - 1, name)) {
      return [value, next];
    }
    at = next + 1;
  }
  return null;
}
