/** The config file as bytes and text, read with a bound and checked for what is no text. */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { configBytesMax, pipeLookMs, pipeSilenceMsMax } from './limits.ts';

/** A file that could be read. */
export interface Source {
  readonly file: string;
  readonly text: string;
  /** As they are in the file. */
  readonly bytes: Uint8Array;
  /** SHA-256 of them, hex. */
  readonly digest: string;
}

/** Why there is no text, and the byte it stopped at where one is to blame. */
export interface SourceFault {
  readonly message: string;
  readonly line: number | null;
  readonly column: number | null;
}

/** Reads the file. Never throws; pipes work, directories, endless and silent files do not. */
export function readSource(file: string): Source | SourceFault {
  let descriptor: number;
  try {
    // A pipe in the file's place must not hold up whoever reads it: a half would reload no more, nor end.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return fault(openMessage(error as NodeJS.ErrnoException));
  }
  try {
    if (fstatSync(descriptor).isDirectory()) return fault('is a directory, not a config file');
    const bytes = readBounded(descriptor);
    if (bytes === null) {
      return fault(`is larger than a config file may be (${configBytesMax} bytes)`);
    }
    return sourceFromBytes(file, bytes);
  } catch (error) {
    return fault(`cannot be read: ${(error as Error).message}`);
  } finally {
    closeSync(descriptor);
  }
}

/** The text of a file's bytes: UTF-8 without control characters, byte order mark removed. */
export function sourceFromBytes(file: string, bytes: Uint8Array): Source | SourceFault {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  if (utf16 || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return fault('is UTF-16; a config file is UTF-8');
  }
  const text = decode(bytes);
  if (typeof text === 'number') {
    const byte = bytes[text]?.toString(16).padStart(2, '0');
    return faultAt(Buffer.from(bytes.subarray(0, text)).toString(), `byte 0x${byte} is not UTF-8`);
  }
  // YAML's printable set (YAML 1.2 section 5.1) less what only confuses: NUL, escapes, deletes.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(text);
  if (control !== null) {
    const code = control[0].charCodeAt(0).toString(16).padStart(4, '0');
    return faultAt(text.slice(0, control.index), `found the control character U+${code}`);
  }
  if (text.trim() === '') return fault('is empty');
  return { file, text, bytes, digest: createHash('sha256').update(bytes).digest('hex') };
}

function readBounded(descriptor: number): Uint8Array | null {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const chunk = new Uint8Array(64 * 1024);
    const count = readSome(descriptor, chunk);
    if (count === 0) return Buffer.concat(chunks);
    total += count;
    if (total > configBytesMax) return null;
    chunks.push(chunk.subarray(0, count));
  }
}

/** Waits for whoever writes into a pipe, for a while. Returns 0 at the end. */
function readSome(descriptor: number, chunk: Uint8Array): number {
  const giveUpAt = performance.now() + pipeSilenceMsMax;
  for (;;) {
    try {
      return readSync(descriptor, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      if (performance.now() > giveUpAt) {
        throw new Error(`nothing has come for ${pipeSilenceMsMax / 1000} s`);
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pipeLookMs);
    }
  }
}

/** The text, or the offset of the first byte that is not UTF-8. */
function decode(bytes: Uint8Array): string | number {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return firstInvalidByte(bytes);
  }
}

/** Bisects for the longest prefix that can be the beginning of a text. */
function firstInvalidByte(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decodes(bytes.subarray(0, middle), true)) good = middle;
    else bad = middle;
  }
  if (decodes(bytes.subarray(0, good), false)) return good;
  // The prefix ends inside a character: what is wrong began with that character's first byte.
  let start = good - 1;
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}

/** `stream` forgives a character that the end cuts off. */
function decodes(bytes: Uint8Array, stream: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream });
    return true;
  } catch {
    return false;
  }
}

function openMessage(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'no such file';
  if (error.code === 'EACCES') return 'cannot be read: permission denied';
  return `cannot be read: ${error.message}`;
}

function fault(message: string): SourceFault {
  return { message, line: null, column: null };
}

function faultAt(before: string, message: string): SourceFault {
  const lines = before.split('\n');
  return { message, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
