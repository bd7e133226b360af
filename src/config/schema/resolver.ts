/** `resolver`: how the names of servers are looked up. */
import { z } from 'zod';
import { parseIp } from '../../os/ip-address.ts';
import { isMulticast, isWildcard } from '../addresses.ts';
import { type Endpoint, formatEndpoint, hostnameProblem, parseEndpoint } from '../endpoints.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { choiceAllowed, choiceValue, documented, duration, fieldError, spelled } from './field.ts';

const resolver = settings.resolver;

const nameServerAllowed = 'an address with or without a port, such as 198.51.100.53';

const NO_NAME = 'a name server is needed to find names: write its address';

/** `198.51.100.53`, `2001:db8::53`, `198.51.100.53:5353` or `[2001:db8::53]:5353`. */
function parseNameServer(text: string): Parsed<Endpoint> {
  const alone = parseIp(text) !== null;
  if (!alone && /^[^:[\]]*[a-z]/i.test(text)) return refused(NO_NAME);
  const endpoint = alone
    ? parseEndpoint(text.includes(':') ? `[${text}]:${resolver.port}` : `${text}:${resolver.port}`)
    : parseEndpoint(text);
  if (!endpoint.ok) return endpoint;
  const address = parseIp(endpoint.value.host);
  if (address === null) return refused(NO_NAME);
  if (isWildcard(address) || isMulticast(address)) return refused('not the address of a host');
  return endpoint;
}

function formatNameServer(endpoint: Endpoint): string {
  return endpoint.port === resolver.port ? endpoint.host : formatEndpoint(endpoint);
}

const nameServer = spelled(nameServerAllowed, parseNameServer, formatNameServer);
const nameServersAllowed = `a list of 1 to ${resolver.serversMax} addresses, such as 198.51.100.53`;

const domainAllowed = 'a domain such as example.com';

/** A DNS name in lower case. */
export function parseDomain(text: string): Parsed<string> {
  const problem = hostnameProblem(text);
  return problem === null ? parsed(text.toLowerCase()) : refused(problem);
}

const searchAllowed = `a list of up to ${resolver.searchMax} domains, such as example.com`;

/** Which addresses of a name count. */
export const addressFamilies = ['any', 'ipv4', 'ipv6'] as const;

const servers = documented(
  z
    .array(nameServer, { error: fieldError(nameServersAllowed) })
    .min(1, { error: `found an empty list; allowed: ${nameServersAllowed}` })
    .max(resolver.serversMax, { error: `at most ${resolver.serversMax} name servers` })
    .optional(),
  {
    doc:
      'Name servers, asked in this order: the next one when one does not answer or answers with an ' +
      'error. /etc/hosts always comes first.',
    allowed: nameServersAllowed,
    default: 'those of /etc/resolv.conf, read again for every look-up',
  },
);

const search = documented(
  z
    .array(
      spelled(domainAllowed, parseDomain, (text) => text),
      { error: fieldError(searchAllowed) },
    )
    .max(resolver.searchMax, { error: `at most ${resolver.searchMax} domains` })
    .optional(),
  {
    doc:
      'Domains in which a name without a dot is tried first, and any other name after it was not ' +
      'found. []: none.',
    allowed: searchAllowed,
    default: 'those of /etc/resolv.conf, with its ndots',
  },
);

/** `resolver`. */
export const resolverSchema = documented(
  z
    .strictObject({
      servers,
      search,
      timeout: duration(resolver.timeout, {
        doc: 'Longest time for one name server to answer one question.',
      }),
      ttl_min: duration(resolver.ttlMin, {
        doc: 'An answer is used at least so long, whatever its TTL says.',
      }),
      ttl_max: duration(resolver.ttlMax, {
        doc: 'An answer is used at most so long before the name is looked up again.',
        danger: 'A long one sends traffic to addresses that a name left long ago.',
      }),
      hold: duration(resolver.hold, {
        doc:
          'How long a name keeps its last addresses while name servers say that it does not exist. ' +
          'While they do not answer at all, it keeps them.',
      }),
      linger: duration(resolver.linger, {
        doc:
          'How long an address is used that answers do not name any more. For names that answer with ' +
          'another part of a long list each time; a few TTLs then.',
        danger: 'An address that was taken out on purpose goes on being used for so long.',
      }),
      family: documented(choiceValue(addressFamilies).prefault(resolver.family), {
        doc:
          'Which addresses of a name are used: `ipv4`, `ipv6`, or `any` of each family that this ' +
          'host has an address of.',
        allowed: choiceAllowed(addressFamilies),
        default: resolver.family,
      }),
    })
    .prefault({}),
  {
    doc: 'How DNS names of servers are looked up; addresses never are.',
    allowed: 'a map of servers, search, timeout, ttl_min, ttl_max, hold, linger and family',
    default: '{}',
  },
);
