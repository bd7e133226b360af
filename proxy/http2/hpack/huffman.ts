/**
 * Strings in the Huffman code of HPACK (RFC 7541 5.2). Decoding walks a table four bits at a time: the
 * states are the inner nodes of the code's tree, and no step can bring more than one symbol, for the
 * shortest code has five bits. What is no code, or ends in the middle of one, is refused.
 */
import { CODE_LENGTHS, CODES, EOS } from './huffman-code.ts';

/** Steps per state. */
const NIBBLES = 16;

/** A step: the next state, and above it the symbol and these flags. */
const STATE_MASK = 0xff;
const SYMBOL_SHIFT = 8;
const EMITS = 0x1_00_00;
const FAILS = 0x2_00_00;

/** An inner node of the tree while it is built; numbers are symbols, negative and less one. */
interface Node {
  readonly next: [number, number];
  readonly depth: number;
  /** It is reached by ones only, so it may be padding (RFC 7541 5.2). */
  readonly padding: boolean;
}

const NODES = buildTree();
const STEPS = buildSteps();
/** 1: a string may end in this state. */
const ENDS = Uint8Array.from(NODES, ({ depth, padding }) => (padding && depth < 8 ? 1 : 0));

function buildTree(): readonly Node[] {
  const nodes: Node[] = [{ next: [0, 0], depth: 0, padding: true }];
  CODES.forEach((code, symbol) => {
    let node = nodes[0]!;
    for (let bit = CODE_LENGTHS[symbol]! - 1; bit > 0; bit--) {
      const branch = ((code >>> bit) & 1) as 0 | 1;
      if (node.next[branch] === 0) {
        node.next[branch] = nodes.length;
        const padding = node.padding && branch === 1;
        nodes.push({ next: [0, 0], depth: node.depth + 1, padding });
      }
      node = nodes[node.next[branch]]!;
    }
    node.next[(code & 1) as 0 | 1] = -symbol - 1;
  });
  return nodes;
}

function buildSteps(): Int32Array {
  const steps = new Int32Array(NODES.length * NIBBLES);
  for (let state = 0; state < NODES.length; state++) {
    for (let nibble = 0; nibble < NIBBLES; nibble++) {
      steps[state * NIBBLES + nibble] = stepOf(state, nibble);
    }
  }
  return steps;
}

function stepOf(state: number, nibble: number): number {
  let at = state;
  let emitted = 0;
  for (let bit = 3; bit >= 0; bit--) {
    at = NODES[at]!.next[((nibble >>> bit) & 1) as 0 | 1];
    if (at >= 0) continue;
    const symbol = -at - 1;
    if (symbol === EOS) return FAILS;
    emitted = EMITS | (symbol << SYMBOL_SHIFT);
    at = 0;
  }
  return at | emitted;
}

/** Bytes that `length` bytes of code can stand for at most. */
export function decodedLengthMax(length: number): number {
  return Math.ceil((length * 8) / 5);
}

/** Decodes bytes [start, end) to `out` at `at`; returns where that ends, or -1 if they are no string. */
export function huffmanDecode(
  bytes: Buffer,
  start: number,
  end: number,
  out: Buffer,
  at: number,
): number {
  let to = at;
  let state = 0;
  for (let index = start; index < end; index++) {
    const byte = bytes[index]!;
    let step = STEPS[state * NIBBLES + (byte >>> 4)]!;
    if (step >= EMITS) {
      if (step >= FAILS) return -1;
      out[to++] = step >>> SYMBOL_SHIFT;
    }
    step = STEPS[(step & STATE_MASK) * NIBBLES + (byte & 15)]!;
    if (step >= EMITS) {
      if (step >= FAILS) return -1;
      out[to++] = step >>> SYMBOL_SHIFT;
    }
    state = step & STATE_MASK;
  }
  return ENDS[state] === 1 ? to : -1;
}

/** Bytes that [start, end) takes in the code. */
export function huffmanLength(bytes: Buffer, start: number, end: number): number {
  let bits = 0;
  for (let index = start; index < end; index++) bits += CODE_LENGTHS[bytes[index]!]!;
  return (bits + 7) >>> 3;
}

/** Encodes bytes [start, end) to `out` at `at`; returns where that ends. */
export function huffmanEncode(
  bytes: Buffer,
  start: number,
  end: number,
  out: Buffer,
  at: number,
): number {
  let to = at;
  /** Bits not written yet, at most seven before each code. */
  let pending = 0;
  let count = 0;
  for (let index = start; index < end; index++) {
    const byte = bytes[index]!;
    let length = CODE_LENGTHS[byte]!;
    const code = CODES[byte]!;
    if (length > 24) {
      // Together with seven bits that wait, the longest codes would not fit.
      length -= 8;
      pending = (pending << 8) | (code >>> length);
      out[to++] = pending >>> count;
      pending &= (1 << count) - 1;
    }
    pending = (pending << length) | (code & ((1 << length) - 1));
    count += length;
    while (count >= 8) {
      count -= 8;
      out[to++] = pending >>> count;
    }
    pending &= (1 << count) - 1;
  }
  // The rest of the last byte is ones: the beginning of the end's code.
  if (count > 0) out[to++] = (pending << (8 - count)) | (0xff >>> count);
  return to;
}
