import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINE_BYTES_MAX, VALUE_BYTES_MAX } from './limits.ts';
import { type LineStyle, LineWriter } from './line-writer.ts';

function written(
  style: LineStyle,
  write: (out: LineWriter) => void,
  size = LINE_BYTES_MAX,
): string {
  const out = new LineWriter(style, size);
  write(out);
  expect(out.overflowed).toBe(false);
  return out.bytes.toString('latin1', 0, out.length);
}

const anyBytes = fc.uint8Array({ maxLength: 300 });

describe('a value', () => {
  it('in JSON is one string that reads back as the bytes that came', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const line = written('json', (out) => out.value(bytes, 0, bytes.length));
        expect(line).toMatch(/^[\x20-\x7e]*$/);
        expect(JSON.parse(line)).toBe(Buffer.from(bytes).toString('latin1'));
      }),
    );
  });

  it('in a template is printable, has no quote, and reads back', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const line = written('text', (out) => out.value(bytes, 0, bytes.length));
        expect(line).toMatch(/^[\x20\x21\x23-\x7e]*$/);
        const back = line.replace(/\\x([0-9A-F]{2})/g, (_, hex) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        );
        expect(back).toBe(Buffer.from(bytes).toString('latin1'));
      }),
    );
  });

  it("is escaped as nginx's", () => {
    const bytes = Buffer.from('a"b\\c\n\x7fé\x00', 'utf8');
    const of = (style: LineStyle) => written(style, (out) => out.value(bytes, 0, bytes.length));
    expect(of('text')).toBe('a\\x22b\\x5Cc\\x0A\\x7F\\xC3\\xA9\\x00');
    expect(of('json')).toBe('"a\\"b\\\\c\\n\\u007f\\u00c3\\u00a9\\u0000"');
  });

  it('that is too long is cut, visibly, and the JSON stays whole', () => {
    const long = Buffer.alloc(VALUE_BYTES_MAX + 1, '\n');
    const line = written('json', (out) => out.value(long, 0, long.length));
    expect(JSON.parse(line)).toBe(`${'\n'.repeat(VALUE_BYTES_MAX)}...`);
  });

  it('is cut to the room that there is, whatever and however much comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 900 }), { maxLength: 12 }), (values) => {
        const line = written(
          'json',
          (out) => {
            for (const [index, value] of values.entries()) {
              if (index > 0) out.raw(Buffer.from(','), 0, 1);
              out.value(value, 0, value.length);
            }
          },
          4096,
        );
        expect(JSON.parse(`[${line}]`)).toHaveLength(values.length);
      }),
    );
  });

  it('of text beyond ASCII is its UTF-8', () => {
    expect(written('text', (out) => out.text('ä'))).toBe('\\xC3\\xA4');
  });

  it('that is not there is a dash, or null', () => {
    expect(written('text', (out) => out.none())).toBe('-');
    expect(written('json', (out) => out.none())).toBe('null');
  });
});

describe('numbers', () => {
  it('are written as they are', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(written('json', (out) => out.integer(value))).toBe(String(value));
      }),
    );
  });

  it('of time are seconds with three digits, valid in JSON', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (ms) => {
        const line = written('json', (out) => out.seconds(ms));
        expect(line).toMatch(/^(0|[1-9]\d*)\.\d{3}$/);
        expect(Math.abs(Number(line) * 1000 - ms)).toBeLessThanOrEqual(0.51);
      }),
    );
  });

  it('of a clock that went back are zero', () => {
    expect(written('text', (out) => out.seconds(-3))).toBe('0.000');
  });
});

it('a line that does not fit says so and stays within its buffer', () => {
  const out = new LineWriter('text', 2048);
  const piece = Buffer.alloc(2000, 'x');
  out.raw(piece, 0, 2000);
  out.raw(piece, 0, 49);
  expect(out.overflowed).toBe(true);
  expect(out.length).toBe(2000);
  out.clear();
  out.integer(7);
  expect([out.overflowed, out.length]).toEqual([false, 1]);
});
