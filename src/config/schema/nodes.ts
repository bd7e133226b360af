/** `nodes`: the hosts of the pair. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { documented, fieldError, integer } from './field.ts';
import { hostAddressAllowed, hostAddressValue } from './host-address.ts';
import { nodeMap } from './names.ts';

const pairAddressesAllowed = `a list of 1 to ${settings.pair.addressesMax} addresses, such as [203.0.113.1]`;

const pairAddresses = z
  .array(hostAddressValue, { error: fieldError(pairAddressesAllowed) })
  .min(1, { error: `found an empty list; allowed: ${pairAddressesAllowed}` })
  .max(settings.pair.addressesMax, {
    error: `at most ${settings.pair.addressesMax} addresses`,
  });

const nodeSchema = z.strictObject({
  address: documented(hostAddressValue.optional(), {
    doc:
      "The host's own address, the one that never moves. A virtual address equal to it " +
      'makes the node its "address owner", which then needs priority 255.',
    allowed: hostAddressAllowed,
    default: 'unknown',
  }),
  pair_addresses: documented(pairAddresses.optional(), {
    doc:
      'Addresses of this host for the connection between the agents (`pair`), one for each link ' +
      'beside the other host. The first one here is connected with the first one there, and so ' +
      'on. A link that shares nothing with the one of the virtual addresses is worth most.',
    allowed: pairAddressesAllowed,
    default: "the node's address, when there is a `pair`",
  }),
  priority: integer(settings.node.priority, {
    doc:
      'Priority of this node in every virtual router that does not set its own. The node ' +
      'with the highest effective priority holds the addresses. Keep the two well apart, ' +
      'so that trackers have room.',
    danger:
      "255 declares that the virtual addresses are this host's own: it never gives " +
      'them up while it runs, and no tracker applies.',
  }),
});

/** `nodes`. */
export const nodesSchema = documented(
  nodeMap(nodeSchema, 'nodes', settings.node.countMax).optional(),
  {
    doc:
      'The hosts of the pair, by name. Both hosts read the same file; each knows itself ' +
      'by `--node`, `TANDEM_NODE` or its host name. With a single node there is no peer ' +
      'to take over.',
    allowed: `a map of 1 to ${settings.node.countMax} nodes by name`,
    default: 'none: a plain balancer',
  },
);
