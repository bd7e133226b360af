/** Keys of an HTTP listener about messages: who the client is, what is said of it, what may pass. */
import { z } from 'zod';
import { formatVirtualAddress, parseNetwork } from '../endpoints.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { choiceAllowed, choiceValue, documented, fieldError, spelled } from './field.ts';

const { trustedMax, upgradesMax, tokenMax, forwarded, underscores } = settings.httpRules;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const same = (text: string): string => text;

const networkAllowed = 'a network with its prefix length, such as 203.0.113.0/24';
const trustedAllowed = `a list of 1 to ${trustedMax} networks, such as [203.0.113.0/24]`;

const headerAllowed =
  'x-forwarded-for, forwarded, or a field with one address, such as cf-connecting-ip';

/** Fields that mean something else, so that no proxy names the client in them. */
const NO_CLIENT_FIELDS: ReadonlySet<string> = new Set([
  ...['host', 'connection', 'content-length', 'transfer-encoding', 'te', 'trailer', 'upgrade'],
  ...['via', 'cookie', 'set-cookie', 'authorization', 'proxy-authorization', 'expect', 'date'],
  ...['keep-alive', 'proxy-connection', 'http2-settings'],
  ...['x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port'],
]);

function parseHeader(text: string): Parsed<string> {
  const name = text.toLowerCase();
  if (!TOKEN.test(name) || name.length > tokenMax) return refused('');
  if (name.includes('_')) return refused('underscores are dropped: write "-"');
  return NO_CLIENT_FIELDS.has(name) ? refused('no address stands in it') : parsed(name);
}

const clientIpSchema = z.strictObject({
  trusted: documented(
    z
      .array(spelled(networkAllowed, parseNetwork, formatVirtualAddress), {
        error: fieldError(trustedAllowed),
      })
      .min(1, { error: `found an empty list; allowed: ${trustedAllowed}` })
      .max(trustedMax, { error: `at most ${trustedMax} networks` }),
    {
      doc:
        'The proxies before this one: a CDN, another balancer. What they say about the client is ' +
        'believed and continued; what anybody else says is replaced.',
      allowed: trustedAllowed,
      default: null,
      danger: 'Whoever is in these networks can pretend to be any client, past limits and lists.',
    },
  ),
  header: documented(spelled(headerAllowed, parseHeader, same).prefault('x-forwarded-for'), {
    doc:
      'The field in which they name the client. The chains of x-forwarded-for and forwarded are ' +
      'read from the right, past trusted proxies, to the first address that is not one. Any ' +
      'other field must have exactly one address; from peers that are not trusted it is dropped.',
    allowed: headerAllowed,
    default: 'x-forwarded-for',
  }),
});

const upgradeAllowed = 'a protocol name, such as websocket';

/** Protocols that would change how HTTP itself is spoken, past everything that is checked here. */
const NO_UPGRADES = /^(h2c|h2|http|tls)(\/|$)/;

function parseUpgrade(text: string): Parsed<string> {
  const name = text.toLowerCase();
  const [protocol = '', version, more] = name.split('/');
  if (!TOKEN.test(protocol) || more !== undefined || name.length > tokenMax) return refused('');
  if (version !== undefined && !TOKEN.test(version)) return refused('');
  return NO_UPGRADES.test(name) ? refused('requests in it would pass unchecked') : parsed(name);
}

const upgradesAllowed = `a list of up to ${upgradesMax} protocols, such as [websocket]`;

const viaAllowed = `a name of up to ${tokenMax} letters, digits, "-", "." and "_"`;

function parseVia(text: string): Parsed<string> {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text) && text.length <= tokenMax
    ? parsed(text)
    : refused('');
}

/** The keys, to be spread into the schema of an HTTP listener. */
export const httpRuleFields = {
  client_ip: documented(clientIpSchema.optional(), {
    doc:
      'Who the client is when other proxies come before this one. Limits, hashes and logs use ' +
      'that address.',
    allowed: 'a map of trusted and header',
    default: 'none: the client is who connects, and what it says about itself is replaced',
  }),
  forwarded: documented(choiceValue(forwarded.values).prefault(forwarded.default), {
    doc:
      'What servers are told about the client. x-forwarded: X-Forwarded-For, -Proto, -Host, ' +
      '-Port and X-Real-IP. rfc7239: Forwarded. Fields of the other kind never pass.',
    allowed: choiceAllowed(forwarded.values),
    default: forwarded.default,
  }),
  via: documented(spelled(viaAllowed, parseVia, same).prefault(settings.httpRules.via), {
    doc:
      'The name this balancer has in Via. A request that has passed that name ' +
      `${settings.httpRules.viaPassesMax} times is in a loop and answered 508; balancers in a ` +
      'row had better have different names.',
    allowed: viaAllowed,
    default: settings.httpRules.via,
  }),
  underscore_headers: documented(choiceValue(underscores.values).prefault(underscores.default), {
    doc:
      'Request fields with an underscore in their name: dropped, refused with 400, or passed. ' +
      'Many servers take X_Real_IP for X-Real-IP.',
    allowed: choiceAllowed(underscores.values),
    default: underscores.default,
    danger: 'With pass a client can set, at such servers, the fields that are set here.',
  }),
  upgrades: documented(
    z
      .array(spelled(upgradeAllowed, parseUpgrade, same), { error: fieldError(upgradesAllowed) })
      .max(upgradesMax, { error: `at most ${upgradesMax} protocols` })
      .prefault(['websocket']),
    {
      doc:
        'Protocols that a connection may be upgraded to. A request for any other is forwarded as ' +
        'a plain one.',
      allowed: upgradesAllowed,
      default: '[websocket]',
      danger: 'After the upgrade bytes pass unread, whatever they are.',
    },
  ),
};
