/** Takes requests out of a byte stream that ought to be canonical, and says where it is not. */
import { limits } from './limits.ts';

/** A request as it stood on the wire. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  /** Names in lower case, values without white space around them, in order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly bodyBytes: number;
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const REQUEST_LINE = new RegExp(`^${TOKEN} (/[!-~]*|\\*) HTTP/1\\.1$`);
const FIELD_LINE = new RegExp(
  `^${TOKEN}: ([!-~\\x80-\\xff]([ \\t!-~\\x80-\\xff]*[!-~\\x80-\\xff])?)?$`,
);
const CHUNK_LINE = /^[0-9a-f]{1,8}$/;
/** What a trailer must never be: it would change what was already understood. */
const NO_TRAILER = /^(host|content-length|transfer-encoding|connection|authorization|cookie):/i;

/** One direction of one connection. It goes on after a fault as an origin without scruples would. */
export class RequestReader {
  /** What was not canonical, in the order of its coming. */
  readonly faults: string[] = [];
  #text = '';
  #head: Omit<WireRequest, 'bodyBytes'> | null = null;
  #framing: 'none' | 'chunked' | number = 'none';
  #bodyBytes = 0;

  /** Between two requests. */
  get idle(): boolean {
    return this.#head === null && this.#text === '';
  }

  /** Takes bytes and returns the requests that are complete with them. */
  add(bytes: Buffer): WireRequest[] {
    this.#text += bytes.toString('latin1');
    if (this.#text.length > limits.messageBytesMax) this.#fault('a message without end');
    const complete: WireRequest[] = [];
    while (this.#head !== null || this.#readHead()) {
      if (!this.#readBody()) break;
      complete.push({ ...this.#head!, bodyBytes: this.#bodyBytes });
      this.#head = null;
    }
    return complete;
  }

  #readHead(): boolean {
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const [first = '', ...lines] = this.#text.slice(0, end).split('\r\n');
    this.#text = this.#text.slice(end + 4);
    if (!REQUEST_LINE.test(first)) this.#fault(`request line ${JSON.stringify(first)}`);
    const [method = '', target = ''] = first.split(' ');
    const fields = lines.map((line) => this.#field(line));
    this.#head = { method, target, fields };
    this.#bodyBytes = 0;
    this.#frame(fields);
    return true;
  }

  #field(line: string): [string, string] {
    if (!FIELD_LINE.test(line)) this.#fault(`field line ${JSON.stringify(line)}`);
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (name.includes('_')) this.#fault(`an underscore in ${JSON.stringify(name)}`);
    return [name, line.slice(colon + 1).trim()];
  }

  #frame(fields: readonly (readonly [string, string])[]): void {
    const all = (wanted: string) => fields.filter(([name]) => name === wanted).map(([, v]) => v);
    const [hosts, lengths, codings] = [
      all('host'),
      all('content-length'),
      all('transfer-encoding'),
    ];
    if (hosts.length !== 1 || hosts[0] === '') this.#fault(`hosts: ${JSON.stringify(hosts)}`);
    if (lengths.length + codings.length > 1) this.#fault('more than one framing');
    if (codings.length > 0) {
      if (codings[0] !== 'chunked') this.#fault(`coding ${JSON.stringify(codings[0])}`);
      this.#framing = 'chunked';
    } else if (lengths.length > 0) {
      if (!/^(0|[1-9][0-9]{0,15})$/.test(lengths[0]!)) this.#fault(`length ${lengths[0]}`);
      this.#framing = Number.parseInt(lengths[0]!, 10) || 0;
    } else {
      this.#framing = 'none';
    }
  }

  /** True when the body is complete. */
  #readBody(): boolean {
    if (this.#framing === 'none') return true;
    if (this.#framing === 'chunked') return this.#readChunks();
    if (this.#text.length < this.#framing) return false;
    this.#bodyBytes = this.#framing;
    this.#text = this.#text.slice(this.#framing);
    return true;
  }

  #readChunks(): boolean {
    for (;;) {
      const end = this.#text.indexOf('\r\n');
      if (end < 0) return false;
      const line = this.#text.slice(0, end);
      if (!CHUNK_LINE.test(line)) this.#fault(`chunk size ${JSON.stringify(line)}`);
      const size = Number.parseInt(line, 16) || 0;
      if (size === 0) return this.#readTrailers(end + 2);
      if (this.#text.length < end + 2 + size + 2) return false;
      if (!this.#text.startsWith('\r\n', end + 2 + size)) this.#fault('no CR LF after a chunk');
      this.#bodyBytes += size;
      this.#text = this.#text.slice(end + 2 + size + 2);
    }
  }

  #readTrailers(start: number): boolean {
    const end = this.#text.startsWith('\r\n', start)
      ? start - 2
      : this.#text.indexOf('\r\n\r\n', start);
    if (end < 0) return false;
    const lines = end < start ? [] : this.#text.slice(start, end).split('\r\n');
    for (const line of lines) {
      if (!FIELD_LINE.test(line) || NO_TRAILER.test(line)) {
        this.#fault(`trailer ${JSON.stringify(line)}`);
      }
    }
    this.#text = this.#text.slice(end + 4);
    return true;
  }

  #fault(text: string): void {
    this.faults.push(text.length > 200 ? `${text.slice(0, 200)}…` : text);
  }
}
