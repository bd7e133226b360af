/** The readers of what comes before a connection's own bytes: PROXY headers and ClientHellos. */
import { isIPv4, isIPv6 } from 'node:net';
import type { Prng } from '../../keepalive/simulator/prng.ts';
import { decodeProxyHeader } from '../../proxy/proxy-protocol/decode.ts';
import { encodeVersion1 } from '../../proxy/proxy-protocol/version-1.ts';
import { encodeVersion2 } from '../../proxy/proxy-protocol/version-2.ts';
import { helloOf } from '../../proxy/tls-hello/client-hello.fixture.ts';
import { HelloReader, readClientHello } from '../../proxy/tls-hello/client-hello.ts';
import { input } from './mutate.ts';

const CLIENT = {
  source: '198.51.100.7',
  sourcePort: 51_234,
  destination: '198.51.100.100',
  destinationPort: 443,
};
const CLIENT6 = { ...CLIENT, source: '2001:db8::7', destination: '2001:db8::100' };
const headers = [CLIENT, CLIENT6, null].flatMap((client) => [
  encodeVersion1(client),
  encodeVersion2(client, false),
  Buffer.concat([encodeVersion2(client, true), Buffer.from('GET / HTTP/1.1\r\n')]),
]);
const hellos = [
  helloOf({ serverName: 'a.example', protocols: ['h2', 'http/1.1'] }),
  helloOf({ serverName: 'a.example', recordBytes: 11 }),
  helloOf({ protocols: ['h2'], paddingBytes: 300 }),
];

/** The header's length when it is sound, by a second reading that shares no code with the first. */
function judgeHeader(bytes: Buffer): number | 'incomplete' | 'malformed' {
  const text = bytes.toString('latin1');
  const signature = '\r\n\r\n\0\r\nQUIT\n';
  if ('PROXY '.startsWith(text.slice(0, 6))) return judgeLine(text);
  if (!signature.startsWith(text.slice(0, 12))) return 'malformed';
  if (text.length < 16) return 'incomplete';
  const [command, protocol, length] = [bytes[12]!, bytes[13]!, 16 + bytes.readUInt16BE(14)];
  const known = command === 0x20 || command === 0x21;
  if (!known || protocol > 0x32 || protocol % 16 > 2 || length > 16_384) return 'malformed';
  if (text.length < length) return 'incomplete';
  if (command === 0x20 || protocol < 16) return length;
  const tlvs = bytes.subarray(16 + [12, 36, 216][(protocol >> 4) - 1]!, length);
  if (16 + [12, 36, 216][(protocol >> 4) - 1]! > length) return 'malformed';
  return tlvsSound(tlvs) ? length : 'malformed';
}

/** Recursive, and blind to the value of a checksum: those are told apart by the caller. */
function tlvsSound(tlvs: Buffer): boolean {
  if (tlvs.length === 0) return true;
  if (tlvs.length < 3) return false;
  const end = 3 + tlvs.readUInt16BE(1);
  return end <= tlvs.length && (tlvs[0] !== 3 || end === 7) && tlvsSound(tlvs.subarray(end));
}

function judgeLine(text: string): number | 'incomplete' | 'malformed' {
  const line = /^[^\n]{0,106}\n/.exec(text)?.[0];
  if (line === undefined) return text.length < 107 ? 'incomplete' : 'malformed';
  if (/^PROXY UNKNOWN( [^\n]*)?\r\n$/.test(line)) return line.length;
  const words = /^PROXY TCP([46]) ([^ ]+) ([^ ]+) (\d+) (\d+)\r\n$/.exec(line);
  if (words === null) return 'malformed';
  const isAddress = words[1] === '4' ? isIPv4 : (word: string) => isIPv6(word) && !/%/.test(word);
  const ports = [words[4]!, words[5]!];
  const sound =
    isAddress(words[2]!) &&
    isAddress(words[3]!) &&
    ports.every((port) => String(Number(port)) === port && Number(port) < 65_536);
  return sound ? line.length : 'malformed';
}

/** One case: null when all is well, else what was found. */
type Target = (prng: Prng) => string | null;

/** Targets by name. */
export const LAYER4_TARGETS: Readonly<Record<string, Target>> = {
  'PROXY headers': (prng) => {
    const bytes = Buffer.from(input(headers, prng));
    const said = decodeProxyHeader(bytes, 0, bytes.length);
    const judged = judgeHeader(bytes);
    if (said.kind === 'malformed' && said.reason === 'the checksum is wrong') return null;
    const result = 'length' in said ? said.length : said.kind;
    return result === judged
      ? null
      : `decoder: ${result}, judge: ${judged}, ${bytes.toString('hex')}`;
  },
  /** What is decided stays decided, however the bytes come. */
  ClientHellos: (prng) => {
    const bytes = Buffer.from(input(hellos, prng));
    const whole = JSON.stringify(readClientHello(bytes, 0, bytes.length));
    const ends = Array.from({ length: 4 }, () => prng.integer(0, bytes.length));
    const grown = new HelloReader();
    for (const end of [...ends.sort((left, right) => left - right), bytes.length]) {
      const part = grown.read(bytes, 0, end);
      const alone = readClientHello(bytes, 0, end);
      if (JSON.stringify(part) !== JSON.stringify(alone)) {
        return `${JSON.stringify(part)} in parts, ${JSON.stringify(alone)} at once, ${bytes.toString('hex')}`;
      }
      if (part.kind === 'incomplete') continue;
      if (JSON.stringify(part) === whole) return null;
      return `${JSON.stringify(part)} of a part, ${whole} of all, ${bytes.toString('hex')}`;
    }
    return null;
  },
};
