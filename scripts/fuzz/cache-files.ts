/** Headers of the cache's files, damaged or made up; some with a checksum that is right all the same. */
import { crc32 } from 'node:zlib';
import type { Prng } from '../../keepalive/simulator/prng.ts';
import { encodeDiskHeader } from '../../proxy/cache/store/disk/disk-file.ts';
import { META_DOUBLES } from '../../proxy/cache/store.ts';
import { input } from './mutate.ts';

const CHECKSUM_AT = 16;
const LENGTHS_AT = 24;
const TEXT_AT = 56 + META_DOUBLES * 8;

const SAMPLES = ['', 'tag', 'red blue'].map((tags, n) =>
  encodeDiskHeader({
    key: Buffer.from(`GET http a.example /${n}`),
    tags: Buffer.from(tags),
    head: Buffer.from(`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(n * 40)}\r\n\r\n`),
    meta: new Float64Array(META_DOUBLES).fill(n),
    contentLength: n * 1000,
    contentCrc: n,
    uselessAfter: 1e12,
  }),
);

/** One input; what comes after its header, by its own lengths, is not in the checksum. */
export function cacheFile(prng: Prng): Uint8Array {
  const bytes = Buffer.from(input(SAMPLES, prng));
  if (bytes.length < TEXT_AT || prng.chance(0.3)) return bytes;
  const lengths = [0, 4, 8].map((at) => bytes.readUInt32LE(LENGTHS_AT + at));
  const end = lengths.reduce((sum, length) => sum + length, TEXT_AT);
  bytes.writeUInt32LE(crc32(bytes.subarray(CHECKSUM_AT + 4, end)), CHECKSUM_AT);
  return bytes;
}
