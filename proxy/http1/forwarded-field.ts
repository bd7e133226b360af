/** `Forwarded` (RFC 7239): strictly read, canonically written. */
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import { isAuthority } from './authority.ts';

/** Where a request came from, as one hop tells it. */
export interface Hop {
  /** Canonical, without brackets; IPv4 also where it came as IPv4-mapped IPv6. */
  readonly address: string;
  /** 0: not told. */
  readonly port: number;
  /** What it spoke, http or https, and the host it asked for; only where its hop told that. */
  readonly proto?: string;
  readonly host?: string;
}

/** One element, as far as anybody asks. */
export interface ForwardedElement {
  /** Null: `unknown`, obfuscated, or not told. */
  readonly for: Hop | null;
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"(?:[\\t !#-\\[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*"';
const PAIR = new RegExp(`(${TOKEN})=(${TOKEN}|${QUOTED})`, 'y');
const NODE = /^(\[[^\]]*\]|[^:[\]]*)(?::([0-9]{1,5}|_[A-Za-z0-9._-]+))?$/;
const OBFUSCATED = /^_[A-Za-z0-9._-]+$/;

/** The elements of all lines together, first hop first; null when anything of it is malformed. */
export function parseForwarded(text: string): ForwardedElement[] | null {
  const elements: ForwardedElement[] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const names = new Map<string, string>();
    at = readElement(text, at, names);
    if (at < 0) return null;
    if (names.size > 0) {
      const element = judgeElement(names);
      if (element === null) return null;
      elements.push(element);
    }
    at = skipSpace(text, at);
    if (at === text.length) break;
    if (text[at] !== ',') return null;
    at = skipSpace(text, at + 1);
  }
  return elements;
}

/** Pairs between semicolons, into `names`; returns where the element ends, or -1. */
function readElement(text: string, start: number, names: Map<string, string>): number {
  let at = start;
  for (;;) {
    PAIR.lastIndex = at;
    const pair = PAIR.exec(text);
    if (pair !== null) {
      const name = pair[1]!.toLowerCase();
      if (names.has(name)) return -1;
      names.set(name, unquoted(pair[2]!));
      at = PAIR.lastIndex;
    }
    if (text[at] !== ';') return at;
    at++;
  }
}

function judgeElement(names: ReadonlyMap<string, string>): ForwardedElement | null {
  const by = names.get('by');
  if (by !== undefined && parseNode(by) === undefined) return null;
  const node = names.get('for');
  if (node === undefined) return { for: null };
  const hop = parseNode(node);
  if (hop === undefined) return null;
  return { for: hop === null ? null : { ...hop, ...askedFor(names) } };
}

/** Of what else the element tells that which can be told on. */
function askedFor(names: ReadonlyMap<string, string>): Pick<Hop, 'proto' | 'host'> {
  const proto = names.get('proto')?.toLowerCase() ?? '';
  const host = Buffer.from(names.get('host') ?? '', 'latin1');
  return {
    ...(proto === 'http' || proto === 'https' ? { proto } : {}),
    ...(isAuthority(host, 0, host.length) ? { host: host.toString('latin1') } : {}),
  };
}

/** Null: a node without an address; undefined: none at all (RFC 7239 6). */
function parseNode(text: string): Hop | null | undefined {
  const match = NODE.exec(text);
  if (match === null) return undefined;
  const [, name = '', portText = ''] = match;
  if (name.toLowerCase() === 'unknown' || OBFUSCATED.test(name)) return null;
  const address = hostAddress(name);
  if (address === null) return undefined;
  const port = portText.startsWith('_') ? 0 : Number(portText);
  return port > 0xffff ? undefined : { address, port };
}

/** An IPv4 address, or an IPv6 one in brackets. */
function hostAddress(name: string): string | null {
  const bracketed = name.startsWith('[');
  const address = canonical(bracketed ? name.slice(1, -1) : name);
  if (address === null) return null;
  return bracketed === name.includes(':') ? address : null;
}

/** An address as X-Forwarded-For has it: with or without port, IPv6 with or without brackets. */
export function parseHop(text: string): Hop | null {
  const bare = canonical(text);
  if (bare !== null) return { address: bare, port: 0 };
  return parseNode(text) ?? null;
}

function canonical(text: string): string | null {
  const bytes = parseIp(text);
  if (bytes === null) return null;
  const address = formatIp(bytes);
  const mapped = address.startsWith('::ffff:') && address.includes('.');
  return mapped ? address.slice('::ffff:'.length) : address;
}

/** `for=` and an address as the field wants it: IPv6 in brackets and quotes. */
export function forNode(address: string): string {
  if (address === '') return 'for=unknown';
  return address.includes(':') ? `for="[${address}]"` : `for=${address}`;
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at;
}
