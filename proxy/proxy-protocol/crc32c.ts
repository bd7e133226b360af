/** CRC32c (Castagnoli), as version 2 of the PROXY protocol, SCTP and iSCSI use it. Pure. */

const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) {
    value = (value & 1) === 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  }
  return value;
});

/** The checksum of bytes [start, end), those in [zeroStart, zeroStart + 4) counted as zeros. */
export function crc32c(bytes: Uint8Array, start: number, end: number, zeroStart = end): number {
  let crc = 0xffffffff;
  for (let at = start; at < end; at++) {
    const zeroed = at >= zeroStart && at < zeroStart + 4;
    const byte = zeroed ? 0 : bytes[at]!;
    crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
