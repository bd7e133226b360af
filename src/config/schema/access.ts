/** `allow`, `deny` and `access` of listeners and routes: who may use them, by network. */
import { z } from 'zod';
import { formatVirtualAddress, parseNetwork } from '../endpoints.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import type { NetworkConfig } from '../proxy-config.ts';
import { settings } from '../settings.ts';
import { documented, fieldError, spelled } from './field.ts';
import { oneOrMore } from './match.ts';

const { rulesMax } = settings.access;
const networkAllowed = 'a network with its prefix length, such as 203.0.113.0/24';
const ruleAllowed =
  'allow or deny and a network or all, such as "deny 203.0.113.0/24" or "deny all"';
const listAllowed = `a list of 1 to ${rulesMax} rules, each ${ruleAllowed}`;

interface WrittenRule {
  readonly verdict: 'allow' | 'deny';
  /** Null: all. */
  readonly network: NetworkConfig | null;
}

function parseRule(text: string): Parsed<WrittenRule> {
  const [, verdict, rest = ''] = /^(allow|deny) +(\S+)$/.exec(text) ?? [];
  if (verdict !== 'allow' && verdict !== 'deny') return refused('');
  if (rest === 'all') return parsed({ verdict, network: null });
  const network = parseNetwork(rest);
  return network.ok ? parsed({ verdict, network: network.value }) : network;
}

function formatRule({ verdict, network }: WrittenRule): string {
  return `${verdict} ${network === null ? 'all' : formatVirtualAddress(network)}`;
}

const networks = () =>
  oneOrMore(spelled(networkAllowed, parseNetwork, formatVirtualAddress), rulesMax);

/** The keys, to be spread into the schemas of listeners and routes. */
export const accessFields = {
  allow: documented(networks(), {
    doc:
      'Only clients of these networks may pass; others are answered 403, on a TCP listener reset. ' +
      'Who the client is, `client_ip` says, or the PROXY header. Both the list of the listener and ' +
      'that of the route have to let it pass.',
    allowed: `${networkAllowed}, or a list`,
    default: 'everybody',
  }),
  deny: documented(networks(), {
    doc: 'Clients of these networks are refused, also where `allow` has them.',
    allowed: `${networkAllowed}, or a list`,
    default: 'nobody',
  }),
  access: documented(
    z
      .array(spelled(ruleAllowed, parseRule, formatRule), { error: fieldError(listAllowed) })
      .min(1, { error: `found an empty list; allowed: ${listAllowed}` })
      .max(rulesMax, { error: `at most ${rulesMax} rules` })
      .optional(),
    {
      doc:
        'The same as rules in order, as nginx has them: the first that a client is in counts, and ' +
        'who is in none may pass. Instead of `allow` and `deny`.',
      allowed: listAllowed,
      default: 'none',
    },
  ),
};
