/** `listeners.X.tls_routes`: TLS connections by what their clients ask for. */
import { z } from 'zod';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { documented, duration, fieldError, optionalDuration, spelled } from './field.ts';
import { hostAllowed, oneOrMore, parseMatchHost } from './match.ts';
import { nameValue } from './names.ts';

const { tcp, listener } = settings;
const same = (text: string): string => text;

/** A client names a host by its name only (RFC 6066 3). */
export function parseServerName(text: string): Parsed<string> {
  const host = parseMatchHost(text);
  if (!host.ok) return host;
  if (/^[0-9.]+$|^\[/.test(host.value)) return refused('TLS clients name no addresses');
  return host;
}

/** Words for `protocolValue`. */
export const protocolAllowed =
  'a name of an application protocol, such as h2, http/1.1 or acme-tls/1';

function parseProtocol(text: string): Parsed<string> {
  return /^[!-~]{1,255}$/.test(text) ? parsed(text) : refused('');
}

const routeSchema = z.strictObject({
  sni: documented(oneOrMore(spelled(hostAllowed, parseServerName, same)), {
    doc:
      'Host names that the client asks for. `*.example.com` matches any name below, not ' +
      'example.com itself.',
    allowed: `${hostAllowed}, or a list`,
    default: 'any name, and none',
  }),
  alpn: documented(oneOrMore(spelled(protocolAllowed, parseProtocol, same), tcp.protocolsMax), {
    doc: 'Application protocols, one of which the client must offer.',
    allowed: `${protocolAllowed}, or a list`,
    default: 'any protocol, and none',
  }),
  upstream: documented(nameValue, {
    doc: 'Where the connections go.',
    allowed: 'a name out of upstreams',
    default: null,
  }),
});

const { routesMax } = listener;
const allowed = `a list of 1 to ${routesMax} routes, such as [{ sni: a.example, upstream: a }]`;

/** `tls_routes`. */
export const tlsRoutesField = documented(
  z
    .array(routeSchema, { error: fieldError(allowed) })
    .min(1, { error: `found an empty list; allowed: ${allowed}` })
    .max(routesMax, { error: `at most ${routesMax} routes` })
    .optional(),
  {
    doc:
      'Only with `protocol: tcp`: TLS connections by the name and protocol that the client asks for, ' +
      'without decrypting them. Their order does not matter: exact names are asked before `*.` ' +
      'patterns and those before routes for any name; within each those with alpn first. What ' +
      'no route takes, and what is no TLS, goes to `upstream`; without one it is refused.',
    allowed,
    default: 'none: everything goes to upstream',
  },
);

/** Keys of `limits` of a TCP listener. */
export const tcpLimitFields = {
  session_idle: optionalDuration(tcp.sessionIdle, 'idle_timeout of the upstream', {
    doc: 'TCP: a session in which nothing moves in either direction for so long is reset.',
  }),
  session_max: optionalDuration(tcp.sessionMax, 'none', {
    doc: 'TCP: a session is reset after this time, whatever happens in it.',
  }),
  hello_timeout: duration(tcp.helloTimeout, {
    doc:
      'TCP, with `tls_routes`: from the connection to the end of what the client asks for. A client ' +
      'that has said nothing by then goes to `upstream`, any other is reset.',
  }),
};
