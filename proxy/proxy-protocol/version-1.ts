/** Version 1 of the PROXY protocol: one line of text. */
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import { type DecodedHeader, INCOMPLETE, malformed, type ProxyAddresses } from './header.ts';
import { V1_BYTES_MAX } from './limits.ts';
import { addressText, wireAddresses } from './wire-addresses.ts';

const CR = 13;
const LF = 10;

/** How every line begins. */
export const V1_PREFIX = Buffer.from('PROXY ', 'latin1');

/** Reads bytes [start, end), which begin like a line of version 1. Never throws. */
export function decodeVersion1(bytes: Buffer, start: number, end: number): DecodedHeader {
  const searched = Math.min(end, start + V1_BYTES_MAX);
  const lineEnd = bytes.subarray(start, searched).indexOf(LF);
  if (lineEnd < 0) {
    return searched - start < V1_BYTES_MAX ? INCOMPLETE : malformed('the line has no end');
  }
  if (bytes[start + lineEnd - 1] !== CR) return malformed('the line does not end with CR LF');
  const length = lineEnd + 1;
  const [family, source, destination, sourcePort, destinationPort, more] = bytes
    .toString('latin1', start + V1_PREFIX.length, start + lineEnd - 1)
    .split(' ');
  // Whatever follows UNKNOWN is to be ignored.
  if (family === 'UNKNOWN') return { kind: 'own', length };
  if (family !== 'TCP4' && family !== 'TCP6') return malformed('the family is not known');
  if (destinationPort === undefined || more !== undefined) return malformed('not six words');
  const size = family === 'TCP4' ? 4 : 16;
  const from = parseIp(source!);
  const to = parseIp(destination!);
  if (from?.length !== size || to?.length !== size) return malformed('an address is none');
  const ports = [sourcePort!, destinationPort].map(parsePort);
  if (ports[0] === -1 || ports[1] === -1) return malformed('a port is none');
  const addresses = {
    source: addressText(from),
    sourcePort: ports[0]!,
    destination: addressText(to),
    destinationPort: ports[1]!,
  };
  return { kind: 'header', length, addresses };
}

/** The line about a client; null, or an unknown source: that nothing is known. */
export function encodeVersion1(addresses: ProxyAddresses | null): Buffer {
  const wire = addresses && wireAddresses(addresses);
  if (addresses === null || wire === null) return Buffer.from('PROXY UNKNOWN\r\n', 'latin1');
  const { sourcePort, destinationPort } = addresses;
  const family = wire.source.length === 4 ? 'TCP4' : 'TCP6';
  const [source, destination] = [formatIp(wire.source), formatIp(wire.destination)];
  const text = `PROXY ${family} ${source} ${destination} ${sourcePort} ${destinationPort}\r\n`;
  return Buffer.from(text, 'latin1');
}

/** 0-65535 in plain decimal, else -1. */
function parsePort(text: string): number {
  if (!/^(0|[1-9][0-9]{0,4})$/.test(text)) return -1;
  const port = Number(text);
  return port <= 65_535 ? port : -1;
}
