/** The PROXY protocol: `accept_proxy` of a listener, `send_proxy` of an upstream. */
import { z } from 'zod';
import { formatVirtualAddress, parseNetwork } from '../endpoints.ts';
import { settings } from '../settings.ts';
import { choiceAllowed, choiceValue, documented, duration, spelled } from './field.ts';

const { networksMax, timeout } = settings.acceptProxy;
const networkAllowed =
  'a network with its prefix length, such as 198.51.100.0/24 or 203.0.113.7/32';
const networkValue = spelled(networkAllowed, parseNetwork, formatVirtualAddress);

const others = ['refuse', 'plain'] as const;

const acceptProxySchema = z.strictObject({
  from: documented(
    z.union([
      networkValue,
      z
        .array(networkValue)
        .min(1, { error: 'found an empty list; allowed: at least one network' })
        .max(networksMax, { error: `at most ${networksMax} networks` }),
    ]),
    {
      doc:
        'Who sends the header: the balancers in front of this one. Each of their connections ' +
        'must begin with it. Only they are believed.',
      allowed: `${networkAllowed}, or a list`,
      default: null,
      danger: 'Whoever is in these networks can speak in the name of any address.',
    },
  ),
  timeout: duration(timeout, { doc: 'From the connection to the end of its header.' }),
  others: documented(choiceValue(others).prefault('refuse'), {
    doc:
      'What becomes of connections of anybody else: `refuse` resets them, `plain` serves them as ' +
      'clients that connect directly. No header of theirs is read.',
    allowed: choiceAllowed(others),
    default: 'refuse',
  }),
});

/** `accept_proxy`. */
export const acceptProxyField = documented(acceptProxySchema.optional(), {
  doc:
    'Connections begin with a header of the PROXY protocol, version 1 or 2, and the addresses in ' +
    'it are those of the client for limits, logs, hashing and forwarded fields.',
  allowed: 'a map of from, timeout and others',
  default: 'none: no header is read',
});

const versions = ['v1', 'v2', 'v2_crc32c'] as const;

/** `send_proxy`. */
export const sendProxyField = documented(choiceValue(versions).optional(), {
  doc:
    'Begins each connection to a server with a header of the PROXY protocol about the client: ' +
    '`v1` is text, `v2` binary, `v2_crc32c` has a checksum as well. HTTP: a connection then ' +
    'serves the requests of one client connection only. Health checks speak for themselves.',
  allowed: choiceAllowed(versions),
  default: 'none: no header is sent',
  danger: 'A server that does not expect the header answers nothing but errors.',
});
