/** What the tables of the corpus are made of. Bytes are written as latin1 text. */

/** Bytes that somebody hostile, or broken, sends on one connection. */
export interface Case {
  readonly name: string;
  readonly bytes: string;
  /** For responses: what was asked for; GET when absent. */
  readonly method?: 'GET' | 'HEAD';
  /** For responses: how the origin ends the connection after its bytes; it keeps it when absent. */
  readonly after?: 'end' | 'reset';
}

/** Cases about one thing. */
export interface Theme {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** A theme out of a table of names and bytes. */
export function theme(name: string, table: Readonly<Record<string, string>>): Theme {
  return { name, cases: Object.entries(table).map(([one, bytes]) => ({ name: one, bytes })) };
}

/** Lines, each with CR LF, and the empty line. */
export function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const HOST = 'Host: origin.example';

/** A GET of / with these field lines after Host. */
export function get(...fields: readonly string[]): string {
  return head('GET / HTTP/1.1', HOST, ...fields);
}

/** A GET whose request line is this. */
export function line(requestLine: string, ...fields: readonly string[]): string {
  return head(requestLine, HOST, ...fields);
}

/** A POST with these field lines, and what follows its head. */
export function post(fields: readonly string[], body: string): string {
  return head('POST /post HTTP/1.1', HOST, ...fields) + body;
}

/** A chunked POST with this body as it stands. */
export function chunked(body: string, ...fields: readonly string[]): string {
  return post(['Transfer-Encoding: chunked', ...fields], body);
}

/** A request that an attacker hides in another, and that nobody must take for one of its own. */
export const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: evil.example\r\nX: y\r\n\r\n';

/** An ordinary request after the one in question. */
export const NEXT = 'GET /next HTTP/1.1\r\nHost: origin.example\r\n\r\n';

/** One whole chunk. */
export function chunk(data: string): string {
  return `${data.length.toString(16)}\r\n${data}\r\n`;
}

/** The end of a chunked body. */
export const LAST = '0\r\n\r\n';
