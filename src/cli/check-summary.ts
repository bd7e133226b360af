/** What a config makes of a host, in a few lines: `tandem check` prints them. */
import {
  asList,
  type EffectiveConfig,
  formatDuration,
  formatEndpoint,
  leadsOf,
  whyNoHandover,
} from '../config/index.ts';
import { columns } from './output.ts';

/** Items of a list written out; the rest is counted. */
const itemsShown = 4;

/** Lines about the pair and the balancer. `node` is null when this host is none of the nodes. */
export function describeConfig(
  config: EffectiveConfig,
  node: string | null,
  host: string,
): readonly string[] {
  return [...describePair(config, node, host), ...describeBalancer(config)];
}

function describePair(
  config: EffectiveConfig,
  node: string | null,
  host: string,
): readonly string[] {
  const routers = Object.entries(config.virtual_routers);
  if (routers.length === 0) return ['plain balancer: the file shares no virtual addresses'];
  const nodes = Object.keys(config.nodes);
  const peer = nodes.find((one) => one !== node);
  const who =
    node === null
      ? `this host (${host}) is none of the nodes: ${nodes.join(', ')}`
      : `this host is ${node}, ${peer === undefined ? 'without a peer' : `its peer is ${peer}`}`;
  const rows = routers.map(([name, router]) => {
    const interfaces = [...new Set(Object.values(router.interface))];
    const on = node === null ? interfaces.join(' or ') : router.interface[node];
    const addresses = some(router.addresses.map(({ address }) => address));
    return [name, `VRID ${router.vrid} on ${on}`, ranking(router.priority), addresses];
  });
  const agents = [...describeConnection(config), ...describeHandover(config)];
  return [who, ...columns(rows).map((row) => `  ${row}`), ...agents];
}

/** What a planned switch does to the connections; nothing where no router can do better. */
function describeHandover(config: EffectiveConfig): readonly string[] {
  const routers = Object.entries(config.virtual_routers);
  const able = routers.filter(([, router]) => whyNoHandover(router, config) === null);
  if (able.length === 0 && config.pair === undefined) return [];
  const byTime = Map.groupBy(able, ([, { drain_timeout: time }]) => time);
  const kept = [...byTime].map(
    ([time, group]) =>
      `  planned switch of ${some(group.map(([name]) => name))}: connections go on where they are, for up ` +
      `to ${formatDuration(time)}`,
  );
  const broken = routers.flatMap(([name, router]) => {
    const why = whyNoHandover(router, config);
    return why === null ? [] : [`  planned switch of ${name}: breaks every connection ${why}`];
  });
  return [...kept, ...broken];
}

/** How the two agents reach each other beside the adverts; nothing in a file with one node. */
function describeConnection({ nodes, pair }: EffectiveConfig): readonly string[] {
  const [a, b] = Object.values(nodes).map((node) => node.pair_addresses ?? []);
  if (a === undefined || b === undefined) return [];
  if (pair === undefined) {
    return [
      '  agents: adverts only, so a planned switch breaks every connection; `pair` would let them agree ' +
        'on it',
    ];
  }
  const paths = a.map((address, at) => `${address} - ${b[at]}`).join(', ');
  return [`  agents: connected on port ${pair.port} over ${paths}`];
}

/** `edge-a 200 > edge-b 100`, or `=` between equals. */
function ranking(priorities: Readonly<Record<string, number>>): string {
  const order = Object.entries(priorities).sort(([, a], [, b]) => b - a);
  return order.reduce((text, [node, priority], at) => {
    if (at === 0) return `${node} ${priority}`;
    const sign = order[at - 1]?.[1] === priority ? '=' : '>';
    return `${text} ${sign} ${node} ${priority}`;
  }, '');
}

function describeBalancer(config: EffectiveConfig): readonly string[] {
  const listeners = Object.entries(config.listeners);
  if (listeners.length === 0) return ['no listeners: no balancer runs'];
  const servers = Object.values(config.upstreams).reduce((sum, one) => sum + one.servers.length, 0);
  const rows = listeners.map(([name, listener]) => {
    const binds = some(asList(listener.bind).map(formatEndpoint));
    const leads = leadsOf(listener).map(({ upstream }) => upstream);
    const where = leads.length === 0 ? 'asks no upstream' : `to ${some([...new Set(leads)])}`;
    return [name, `${listener.protocol} ${binds}`, where];
  });
  const total =
    `balancer: ${count(listeners.length, 'listener')}, ` +
    `${count(Object.keys(config.upstreams).length, 'upstream')}, ` +
    `${count(servers, 'server')}`;
  return [total, ...columns(rows).map((row) => `  ${row}`)];
}

/** A list that stays on its line. */
function some(items: readonly string[]): string {
  const shown = items.slice(0, itemsShown).join(', ');
  const rest = items.length - itemsShown;
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
