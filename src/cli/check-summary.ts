/** What a config makes of a host, in a few lines: `tandem check` prints them. */
import { asList, type EffectiveConfig, formatEndpoint } from '../config/index.ts';
import { columns } from './output.ts';

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
    const order = nodes
      .map((one) => ({ one, priority: router.priority[one] ?? 0 }))
      .sort((a, b) => b.priority - a.priority)
      .map(({ one, priority }) => `${one} ${priority}`);
    const interfaces = [...new Set(Object.values(router.interface))];
    const on = node === null ? interfaces.join(' or ') : router.interface[node];
    const addresses = router.addresses.map(({ address }) => address).join(', ');
    return [name, `VRID ${router.vrid} on ${on}`, order.join(' > '), addresses];
  });
  return [who, ...columns(rows).map((row) => `  ${row}`)];
}

function describeBalancer(config: EffectiveConfig): readonly string[] {
  const listeners = Object.entries(config.listeners);
  if (listeners.length === 0) return ['no listeners: no balancer runs'];
  const servers = Object.values(config.upstreams).reduce((sum, one) => sum + one.servers.length, 0);
  const rows = listeners.map(([name, listener]) => {
    const binds = asList(listener.bind).map(formatEndpoint).join(', ');
    const upstreams =
      listener.protocol === 'tcp'
        ? [listener.upstream]
        : [...new Set(listener.routes.map(({ upstream }) => upstream))];
    return [name, `${listener.protocol} ${binds}`, `to ${upstreams.join(', ')}`];
  });
  const total =
    `balancer: ${count(listeners.length, 'listener')}, ` +
    `${count(Object.keys(config.upstreams).length, 'upstream')}, ` +
    `${count(servers, 'server')}`;
  return [total, ...columns(rows).map((row) => `  ${row}`)];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
