/** What the sections need of each other as a whole. */
import { isDeepStrictEqual } from 'node:util';
import { parseIp } from '../../os/ip-address.ts';
import { isLoopback } from '../addresses.ts';
import { formatEndpoint } from '../endpoints.ts';
import type { ConfigPath, Finding } from '../problem.ts';
import { closest, didYouMean } from '../suggest.ts';
import { error, type Rule, type RuleInput, warning } from './rule.ts';

/** A file must give the program something to do, and addresses need somebody to hold them. */
export const sectionsAgree: Rule = ({ config, declared }) => {
  const routers = Object.keys(config.virtual_routers).length;
  const listeners = Object.keys(config.listeners).length;
  if (routers > 0 && declared.nodes.length === 0) {
    const message = 'no host to hold the addresses; needed: nodes, with a name for each host';
    return [error(['virtual_routers'], message, 'key')];
  }
  if (routers > 0) return [];
  if (declared.nodes.length > 0) {
    const message = 'without virtual_routers the nodes have no address to share';
    return [warning(['nodes'], message, 'key')];
  }
  if (listeners > 0) return [];
  return [error([], 'nothing to do; needed: listeners, or nodes with virtual_routers')];
};

/** The admin listener is the balancer's, so without a balancer nobody opens it. */
export const adminHasBalancer: Rule = ({ config }) => {
  if (config.admin === undefined || Object.keys(config.listeners).length > 0) return [];
  const message =
    'without listeners no balancer runs, and only that opens the admin listener: nothing is ' +
    'served here; `tandem status` and the control socket show the agent';
  return [warning(['admin'], message, 'key')];
};

/**
 * What it tells, and what it can be asked for, is for nobody who merely can connect. And both hosts read the
 * same file: on an address that only one has, the other one's balancer would not start.
 */
export const adminGuarded: Rule = ({ config: { admin }, declared }) => {
  if (admin === undefined) return [];
  const address = parseIp(admin.bind.host);
  if (address !== null && isLoopback(address)) return [];
  const found = `found ${formatEndpoint(admin.bind)}`;
  const at: ConfigPath = ['admin', 'bind'];
  const missing = (['tls', 'token'] as const).filter((key) => admin[key] === undefined);
  const guard = `${found}, which others can reach; needed with it: ${missing.join(' and ')}`;
  const anywhere = admin.bind.host === '0.0.0.0' || admin.bind.host === '::';
  const { port } = admin.bind;
  const apart =
    `${found}, which one host has at a time: the other one's balancer would not start; allowed: ` +
    `loopback, or 0.0.0.0:${port} or [::]:${port} with \`allow\``;
  return [
    ...(missing.length > 0 ? [error(at, guard)] : []),
    ...(declared.nodes.length > 0 && !anywhere ? [error(at, apart)] : []),
  ];
};

/** Monitoring has the one, and must not be able to move addresses with it. */
export const adminTokensApart: Rule = ({ config: { admin } }) => {
  if (admin?.operator_token === undefined) return [];
  if (!isDeepStrictEqual(admin.operator_token, admin.token)) return [];
  const message = 'found the place of admin.token; allowed: another one, or none';
  return [error(['admin', 'operator_token'], message)];
};

/** A file copied from one host to the other with one line forgotten. */
export const nodeAddressesDiffer: Rule = ({ config }) => {
  const first = new Map<string, string>();
  return Object.entries(config.nodes).flatMap(([name, { address }]) => {
    const other = address === undefined ? undefined : first.get(address);
    if (address !== undefined && other === undefined) first.set(address, name);
    if (other === undefined) return [];
    const message = `found ${address}, which ${other} has; allowed: an address of its own`;
    return [error(['nodes', name, 'address'], message)];
  });
};

/** `interface` and `priority` by node: every node, and no other name. */
export const nodeMapsComplete: Rule = (input) => {
  return Object.entries(input.config.virtual_routers).flatMap(([name, router]) => [
    ...nodeMapFindings(input, ['virtual_routers', name, 'interface'], router.interface),
    ...nodeMapFindings(input, ['virtual_routers', name, 'priority'], router.priority),
    ...unknownNodes(input, ['virtual_routers', name, 'bfd', 'peer'], router.bfd?.peer ?? {}),
    ...(router.routes ?? []).flatMap((route, index) => {
      const path = ['virtual_routers', name, 'routes', index, 'interface'];
      // The router's own interface has been looked at.
      const same = isDeepStrictEqual(route.interface, router.interface);
      return same ? [] : nodeMapFindings(input, path, route.interface);
    }),
    ...unknownNodes(
      input,
      ['virtual_routers', name, 'unicast', 'addresses'],
      router.unicast?.addresses ?? {},
    ),
  ]);
};

function nodeMapFindings(
  input: RuleInput,
  path: ConfigPath,
  map: Readonly<Record<string, string | number>>,
): readonly Finding[] {
  const { config, declared } = input;
  // A mistyped name is one mistake, not also a missing node.
  const meant = Object.keys(map)
    .filter((node) => !declared.nodes.includes(node))
    .map((node) => closest(node, declared.nodes));
  const missing = Object.keys(config.nodes).filter(
    (node) => !Object.hasOwn(map, node) && !meant.includes(node),
  );
  return [
    ...unknownNodes(input, path, map),
    ...missing.map((node) => {
      const found = Object.keys(map).join(', ');
      return error(path, `found values for ${found}; needed: one for ${node} too`, 'key');
    }),
  ];
}

function unknownNodes(
  { declared }: RuleInput,
  path: ConfigPath,
  map: Readonly<Record<string, unknown>>,
): readonly Finding[] {
  return Object.keys(map)
    .filter((node) => !declared.nodes.includes(node))
    .map((node) => {
      const allowed = `allowed: ${declared.nodes.join(', ')}`;
      return error(
        [...path, node],
        `no such node${didYouMean(node, declared.nodes)}; ${allowed}`,
        'key',
      );
    });
}
