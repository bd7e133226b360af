/** What a witness needs of the rest of the file. */
import { error, type Rule, warning } from './rule.ts';

/** A host cannot bear witness for itself, nor an address that moves. */
export const witnessesApart: Rule = ({ config }) => {
  const virtual = new Set(
    Object.values(config.virtual_routers).flatMap(({ addresses, excluded_addresses = [] }) =>
      [...addresses, ...excluded_addresses].map(({ address }) => address),
    ),
  );
  const own = new Map(
    Object.entries(config.nodes).flatMap(([node, { address, pair_addresses: links = [] }]) =>
      [address, ...links].map((one) => [one, node] as const),
    ),
  );
  return Object.entries(config.virtual_routers).flatMap(([name, { witness }]) => {
    if (witness === undefined) return [];
    const path = ['virtual_routers', name, 'witness'];
    const allowed = 'allowed: a neighbour of both hosts, such as the gateway';
    if (virtual.has(witness)) {
      return [error(path, `found ${witness}, which moves between the hosts; ${allowed}`)];
    }
    const node = own.get(witness);
    if (node === undefined) return [];
    return [error(path, `found ${witness}, which is ${node} itself; ${allowed}`)];
  });
};

/** One that nobody asks was hardly meant. */
export const witnessesMatter: Rule = ({ config }) => {
  return Object.entries(config.virtual_routers).flatMap(([name, router]) => {
    if (router.witness === undefined) return [];
    const path = ['virtual_routers', name, 'witness'];
    const say = (message: string) => [warning(path, message, 'key')];
    if (config.pair === undefined) return say('without pair nobody asks about it');
    if (router.strict_rfc) return say('strict_rfc turns it off');
    return router.peer === 'other' ? say('a peer that is not Tandem cannot be asked') : [];
  });
};
