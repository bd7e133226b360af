/** Version 2 of the PROXY protocol: a binary header, drawn in `header.ts`. */
import { crc32c } from './crc32c.ts';
import { type DecodedHeader, INCOMPLETE, malformed, type ProxyAddresses } from './header.ts';
import { V2_BYTES_MAX } from './limits.ts';
import { addressText, wireAddresses } from './wire-addresses.ts';

/** Bytes that no other protocol begins with. */
export const V2_SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

const FIXED_BYTES = 16;
const VERSION = 0x20;
const Command = { local: 0, proxy: 1 } as const;
/** Families by number: the size of their address part. */
const FAMILY_BYTES = [0, 12, 36, 216] as const;
const TRANSPORT_MAX = 2;
const TCP4 = 0x11;
const TCP6 = 0x21;
const TLV_HEAD_BYTES = 3;
const TLV_CRC32C = 0x03;
const CRC_BYTES = 4;

/** Reads bytes [start, end), which begin with the signature or a part of it. Never throws. */
export function decodeVersion2(bytes: Buffer, start: number, end: number): DecodedHeader {
  if (end - start < FIXED_BYTES) return INCOMPLETE;
  const at = start + V2_SIGNATURE.length;
  const [versionAndCommand, protocol] = [bytes[at]!, bytes[at + 1]!];
  const length = FIXED_BYTES + bytes.readUInt16BE(at + 2);
  const command = versionAndCommand & 0x0f;
  const family = protocol >> 4;
  if ((versionAndCommand & 0xf0) !== VERSION) return malformed('the version is not 2');
  if (command > Command.proxy) return malformed('the command is not known');
  if (family >= FAMILY_BYTES.length || (protocol & 0x0f) > TRANSPORT_MAX) {
    return malformed('the family or transport is not known');
  }
  if (length > V2_BYTES_MAX) return malformed(`longer than ${V2_BYTES_MAX} bytes`);
  if (end - start < length) return INCOMPLETE;
  // A LOCAL header, and one without a family, is to be skipped, whatever it holds.
  if (command === Command.local || family === 0) return { kind: 'own', length };
  const tlvs = start + FIXED_BYTES + FAMILY_BYTES[family]!;
  if (tlvs > start + length) return malformed('shorter than its addresses');
  const fault = tlvFault(bytes, start, tlvs, start + length);
  if (fault !== null) return malformed(fault);
  if (protocol !== TCP4 && protocol !== TCP6) return { kind: 'own', length };
  return { kind: 'header', length, addresses: readAddresses(bytes, start + FIXED_BYTES, protocol) };
}

function readAddresses(bytes: Buffer, at: number, protocol: number): ProxyAddresses {
  const size = protocol === TCP4 ? 4 : 16;
  return {
    source: addressText(bytes.subarray(at, at + size)),
    destination: addressText(bytes.subarray(at + size, at + 2 * size)),
    sourcePort: bytes.readUInt16BE(at + 2 * size),
    destinationPort: bytes.readUInt16BE(at + 2 * size + 2),
  };
}

/** Walks over the TLVs in [at, end): what is wrong with them, or null. `start` is the header's. */
function tlvFault(bytes: Buffer, start: number, at: number, end: number): string | null {
  let next = at;
  while (next < end) {
    if (next + TLV_HEAD_BYTES > end) return 'a TLV is cut off';
    const value = next + TLV_HEAD_BYTES;
    const length = bytes.readUInt16BE(next + 1);
    if (value + length > end) return 'a TLV is longer than the header';
    if (bytes[next] === TLV_CRC32C) {
      if (length !== CRC_BYTES) return 'the checksum has not four bytes';
      if (crc32c(bytes, start, end, value) !== bytes.readUInt32BE(value)) {
        return 'the checksum is wrong';
      }
    }
    next = value + length;
  }
  return null;
}

/**
 * The header about a client; null, or an unknown source: LOCAL, for a connection of our own.
 * `checksum` adds the CRC32c TLV.
 */
export function encodeVersion2(addresses: ProxyAddresses | null, checksum: boolean): Buffer {
  const body = addresses === null ? null : addressPart(addresses);
  const addressBytes = body?.length ?? 0;
  const tlvBytes = checksum ? TLV_HEAD_BYTES + CRC_BYTES : 0;
  const header = Buffer.alloc(FIXED_BYTES + addressBytes + tlvBytes);
  V2_SIGNATURE.copy(header);
  const at = V2_SIGNATURE.length;
  header[at] = VERSION | (body === null ? Command.local : Command.proxy);
  if (body !== null) header[at + 1] = addressBytes === FAMILY_BYTES[1] ? TCP4 : TCP6;
  header.writeUInt16BE(addressBytes + tlvBytes, at + 2);
  body?.copy(header, FIXED_BYTES);
  if (checksum) {
    const tlv = FIXED_BYTES + addressBytes;
    header[tlv] = TLV_CRC32C;
    header.writeUInt16BE(CRC_BYTES, tlv + 1);
    header.writeUInt32BE(crc32c(header, 0, header.length), tlv + TLV_HEAD_BYTES);
  }
  return header;
}

function addressPart(addresses: ProxyAddresses): Buffer | null {
  const wire = wireAddresses(addresses);
  if (wire === null) return null;
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(addresses.sourcePort, 0);
  ports.writeUInt16BE(addresses.destinationPort, 2);
  return Buffer.concat([wire.source, wire.destination, ports]);
}
