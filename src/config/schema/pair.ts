/** `pair`: the connection between the two agents. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { documented, integer } from './field.ts';
import { secretAllowed, secretValue } from './secret.ts';

/** `pair`. */
export const pairSchema = documented(
  z
    .strictObject({
      secret: documented(secretValue, {
        doc:
          'Where the secret is that both hosts share, 16 bytes or more; `openssl rand -base64 32` ' +
          'makes a good one. Who has it can speak for either host.',
        allowed: secretAllowed,
        default: null,
      }),
      port: integer(settings.pair.port, {
        doc: 'TCP port on which each agent listens, on its `pair_addresses`.',
      }),
    })
    .optional(),
  {
    doc:
      'A connection between the two agents, encrypted and authenticated with one shared secret (TLS ' +
      '1.3), over each pair of `pair_addresses`. It carries what each host says of itself, the ' +
      'answers to the questions that a takeover depends on, and the agreement on a planned switch ' +
      '(docs/HANDOVER.md). Losing it never moves an address.',
    allowed: 'a map of secret and port',
    default:
      'none: the agents hear of each other in adverts only, and a planned switch breaks connections',
  },
);
