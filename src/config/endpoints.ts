/**
 * Addresses with something attached: `host:port` of a server or a listener, `address/prefix` of a
 * virtual address. Host parts come out canonical, IPv6 without brackets.
 */

import { parseIp } from '../os/ip-address.ts';
import { canonicalIp, familyOf, hostBits, isIpv4Mapped } from './addresses.ts';
import type { VirtualAddress } from './agent-config.ts';
import { type Parsed, parsed, refused } from './parsed.ts';

/** A host and a TCP port. */
export interface Endpoint {
  /** IPv4, IPv6 without brackets, or a DNS name in lower case. */
  readonly host: string;
  /** 1-65535. */
  readonly port: number;
}

/** `198.51.100.21:80`, `[2001:db8::21]:80` or `origin.example.com:80`. */
export function parseEndpoint(text: string): Parsed<Endpoint> {
  const split = splitPort(text);
  if (!split.ok) return split;
  const { host, port, bracketed } = split.value;
  const address = canonicalIp(host);
  if (bracketed && (address === null || familyOf(address) === 4)) {
    return refused('[ ] hold no IPv6 address');
  }
  if (address !== null) return parsed({ host: address, port });
  const reason = hostnameProblem(host);
  return reason === null ? parsed({ host: host.toLowerCase(), port }) : refused(reason);
}

/** As `parseEndpoint`, of an address a listener can bind: no DNS names, no IPv4-mapped IPv6. */
export function parseBind(text: string): Parsed<Endpoint> {
  const wildcard = /^\*?:([0-9]+)$/.exec(text);
  if (wildcard !== null) {
    return refused(`say which: "0.0.0.0:${wildcard[1]}" (IPv4), "[::]:${wildcard[1]}" (IPv6)`);
  }
  if (/^[0-9]+$/.test(text)) return refused(`no address: write "0.0.0.0:${text}"`);
  const split = splitPort(text);
  if (!split.ok) return split;
  const endpoint = parseEndpoint(text);
  if (!endpoint.ok) return endpoint;
  const address = parseIp(endpoint.value.host);
  if (address === null) return refused('a listener binds an address, not a name');
  if (isIpv4Mapped(address)) {
    const dotted = address.subarray(12).join('.');
    return refused(`an IPv4 address in IPv6 form: write "${dotted}:${endpoint.value.port}"`);
  }
  return endpoint;
}

interface SplitEndpoint {
  readonly host: string;
  readonly port: number;
  readonly bracketed: boolean;
}

function splitPort(text: string): Parsed<SplitEndpoint> {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return refused('a URL: leave out the scheme and path');
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*))(?::([0-9]+))?$/.exec(text);
  if (match === null) {
    const address = canonicalIp(text);
    return refused(address === null ? '' : `IPv6 with a port: write "[${address}]:80"`);
  }
  const [, inBrackets, plain = '', portText] = match;
  if (portText === undefined) return refused('no port');
  const port = Number(portText);
  if (port < 1 || port > 65_535) return refused('a port is 1 to 65535');
  return parsed({ host: inBrackets ?? plain, port, bracketed: inBrackets !== undefined });
}

/** Why `name` is not a DNS host name (RFC 1123, underscores allowed), or null when it is one. */
export function hostnameProblem(name: string): string | null {
  if (name === '') return 'no host';
  if (/^[0-9.]+$/.test(name)) return 'not an IPv4 address';
  if (name.length > 253) return 'a host name has at most 253 characters';
  const label = name
    .split('.')
    .find((part) => !/^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(part));
  return label === undefined ? null : `${JSON.stringify(label)} is no label of a host name`;
}

/** `host:port`, IPv6 in brackets: what `parseEndpoint` and `parseBind` read. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `198.51.100.100/24`. The prefix length must be written: a guessed one routes wrongly. */
export function parseVirtualAddress(text: string): Parsed<VirtualAddress> {
  const [host = '', prefix, more] = text.split('/');
  const address = canonicalIp(host);
  if (address === null || more !== undefined) return refused('');
  const bits = familyOf(address) === 4 ? 32 : 128;
  if (prefix === undefined) {
    return refused(`no prefix length: write ${address}/${bits === 32 ? 24 : 64}`);
  }
  const prefixLength = /^[0-9]{1,3}$/.test(prefix) ? Number(prefix) : 0;
  if (prefixLength < 1 || prefixLength > bits) return refused(`a prefix length is 1 to ${bits}`);
  return parsed({ address, prefixLength });
}

/** `address/prefix`, what `parseVirtualAddress` reads. */
export function formatVirtualAddress({ address, prefixLength }: VirtualAddress): string {
  return `${address}/${prefixLength}`;
}

/** `203.0.113.0/24`, `::/0`: a network, with no bits beyond its prefix. */
export function parseNetwork(text: string): Parsed<VirtualAddress> {
  const [host = '', prefix = '', more] = text.split('/');
  const address = canonicalIp(host);
  if (address === null || more !== undefined) return refused('');
  const bytes = parseIp(address) ?? new Uint8Array(4);
  const bits = bytes.length * 8;
  if (prefix === '') return refused(`no prefix length: a single host is ${address}/${bits}`);
  const prefixLength = /^[0-9]{1,3}$/.test(prefix) ? Number(prefix) : bits + 1;
  if (prefixLength > bits) return refused(`a prefix length is 0 to ${bits}`);
  const rest = hostBits(bytes, prefixLength);
  if (rest === 'ones' || rest === 'mixed') return refused(`bits beyond its /${prefixLength}`);
  return parsed({ address, prefixLength });
}
