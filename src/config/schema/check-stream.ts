/** `health_check.tcp` and `health_check.tls`: what is said on a connection, and what protects it. */
import { z } from 'zod';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { documented, fieldError, flag, spelled } from './field.ts';
import { pathAllowed, pathValue } from './file-path.ts';
import { serverNameField } from './server-name.ts';

const bytesMax = settings.healthCheck.messageBytesMax;
const bytesAllowed =
  `1 to ${bytesMax} bytes as text with \\r \\n \\t \\\\ \\xHH, or as hex:, such as "PING\\r\\n" or ` +
  'hex:50494e470d0a';
const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '\\': '\\' };

/** Bytes, as latin1 text, of an operator's spelling. */
export function parseBytes(text: string): Parsed<string> {
  const bytes = text.startsWith('hex:') ? readHex(text.slice(4)) : readEscapes(text);
  if (!bytes.ok) return bytes;
  if (bytes.value.length >= 1 && bytes.value.length <= bytesMax) return bytes;
  return refused(bytes.value === '' ? 'no bytes' : `${bytes.value.length} bytes`);
}

function readHex(text: string): Parsed<string> {
  const digits = text.replaceAll(' ', '');
  if (!/^([0-9a-f]{2})*$/i.test(digits)) return refused('hex: wants pairs of hexadecimal digits');
  return parsed(Buffer.from(digits, 'hex').toString('latin1'));
}

function readEscapes(text: string): Parsed<string> {
  const plain = Buffer.from(text, 'utf8').toString('latin1');
  if (!/^(?:[^\\]|\\(?:x[0-9a-fA-F]{2}|[rnt\\]))*$/.test(plain)) {
    return refused('a backslash begins \\r \\n \\t \\\\ or \\xHH');
  }
  return parsed(
    plain.replace(/\\(?:x([0-9a-fA-F]{2})|([rnt\\]))/g, (_, hex?: string, letter = '') =>
      hex === undefined ? ESCAPES[letter]! : String.fromCharCode(Number.parseInt(hex, 16)),
    ),
  );
}

/** The spelling of bytes: what `parseBytes` reads, in printable ASCII. */
export function formatBytes(bytes: string): string {
  const text = bytes.replace(/[^ -~]|\\/g, (char) => {
    const letter = Object.keys(ESCAPES).find((key) => ESCAPES[key] === char);
    return letter === undefined
      ? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
      : `\\${letter}`;
  });
  return text.startsWith('hex:') ? `\\x68${text.slice(1)}` : text;
}

export const tcpCheckAllowed = 'a map of send and expect; {} to connect only';

/** `tcp`. */
export const tcpCheckSchema = z
  .strictObject(
    {
      send: documented(spelled(bytesAllowed, parseBytes, formatBytes).optional(), {
        doc: 'Bytes to send when connected. A text outside ASCII is sent as UTF-8.',
        allowed: bytesAllowed,
        default: 'none',
      }),
      expect: documented(spelled(bytesAllowed, parseBytes, formatBytes).optional(), {
        doc: 'Bytes that have to be somewhere in the first 16 KiB of what the server says.',
        allowed: bytesAllowed,
        default: 'none: being connected is enough',
      }),
    },
    { error: fieldError(tcpCheckAllowed) },
  )
  .refine(({ send, expect }) => send === undefined || expect !== undefined, {
    path: ['send'],
    error: 'found no expect beside it; needed: what a healthy server answers',
  });

const caExample = '/etc/tandem/origins-ca.pem';

export const tlsCheckAllowed = 'a map of verify, server_name and ca; {} for the defaults';

/** `tls`. */
export const tlsCheckSchema = z
  .strictObject(
    {
      verify: flag(true, {
        doc: "Demands a valid certificate for the server's name, of a known authority.",
        danger: 'false: any machine that answers there passes.',
      }),
      server_name: serverNameField(
        "http's host, or the server's own name; an address is only expected, not asked for",
      ),
      ca: documented(pathValue(caExample).optional(), {
        doc: 'File of the authorities to trust (PEM); read again for every check.',
        allowed: pathAllowed(caExample),
        default: 'the authorities that come with Node',
      }),
    },
    { error: fieldError(tlsCheckAllowed) },
  )
  .refine(({ verify, ca }) => verify || ca === undefined, {
    path: ['ca'],
    error: 'found an authority with verify: false; allowed: one of the two',
  });
