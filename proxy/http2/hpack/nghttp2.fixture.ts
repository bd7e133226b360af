/** The HPACK of nghttp2, which is inside the Node binary: the other opinion of the tests. */
import koffi from 'koffi';

const node = koffi.load(null);
const Inflater = koffi.pointer('nghttp2_hd_inflater', koffi.opaque());
const Deflater = koffi.pointer('nghttp2_hd_deflater', koffi.opaque());
const Nv = koffi.struct('nghttp2_nv', {
  name: 'uint8_t *',
  value: 'uint8_t *',
  namelen: 'size_t',
  valuelen: 'size_t',
  flags: 'uint8_t',
});

const inflateNew = node.func('nghttp2_hd_inflate_new', 'int', [koffi.out(koffi.pointer(Inflater))]);
const inflate = node.func('nghttp2_hd_inflate_hd3', 'int64_t', [
  Inflater,
  koffi.out(koffi.pointer(Nv)),
  koffi.out('int *'),
  'uint8_t *',
  'size_t',
  'int',
]);
const inflateEnd = node.func('nghttp2_hd_inflate_end_headers', 'int', [Inflater]);
const inflateDelete = node.func('nghttp2_hd_inflate_del', 'void', [Inflater]);
const deflateNew = node.func('nghttp2_hd_deflate_new', 'int', [
  koffi.out(koffi.pointer(Deflater)),
  'size_t',
]);
const deflate = node.func('nghttp2_hd_deflate_hd', 'int64_t', [
  Deflater,
  'uint8_t *',
  'size_t',
  koffi.pointer(Nv),
  'size_t',
]);
const deflateDelete = node.func('nghttp2_hd_deflate_del', 'void', [Deflater]);

const EMITTED = 2;
const FINAL = 1;
const TABLE_BYTES = 4096;

/** Names and values, latin1. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** Reads blocks, one after the other. */
export class ForeignDecoder {
  readonly #inflater: unknown;

  constructor() {
    const out: unknown[] = [null];
    inflateNew(out);
    [this.#inflater] = out;
  }

  /** The fields of a block; null: it is none. */
  decode(block: Buffer): Fields | null {
    const fields: [string, string][] = [];
    let at = 0;
    for (;;) {
      const nv: Record<string, unknown> = {};
      const flags = [0];
      const rest = block.subarray(at);
      const read = Number(inflate(this.#inflater, nv, flags, rest, rest.length, 1));
      if (read < 0) return null;
      at += read;
      if ((flags[0]! & EMITTED) !== 0) {
        fields.push([text(nv.name, nv.namelen), text(nv.value, nv.valuelen)]);
      }
      if ((flags[0]! & FINAL) !== 0) break;
      if (read === 0 && (flags[0]! & EMITTED) === 0) break;
    }
    inflateEnd(this.#inflater);
    return fields;
  }

  close(): void {
    inflateDelete(this.#inflater);
  }
}

/** Writes blocks, one after the other. */
export class ForeignEncoder {
  readonly #deflater: unknown;

  constructor() {
    const out: unknown[] = [null];
    deflateNew(out, TABLE_BYTES);
    [this.#deflater] = out;
  }

  encode(fields: Fields): Buffer {
    const out = Buffer.alloc(65_536);
    const nva = fields.map(([name, value]) => ({
      name: Buffer.from(`${name}\0`, 'latin1'),
      value: Buffer.from(`${value}\0`, 'latin1'),
      namelen: name.length,
      valuelen: value.length,
      flags: 0,
    }));
    const length = Number(deflate(this.#deflater, out, out.length, nva, nva.length));
    if (length < 0) throw new Error(`nghttp2: ${length}`);
    return out.subarray(0, length);
  }

  close(): void {
    deflateDelete(this.#deflater);
  }
}

function text(pointer: unknown, length: unknown): string {
  if (Number(length) === 0) return '';
  const bytes = koffi.decode(pointer, koffi.array('uint8_t', Number(length))) as Uint8Array;
  return Buffer.from(bytes).toString('latin1');
}
