/** The agent's share of the config, for one node. */
import { familyOf } from './addresses.ts';
import type {
  AgentConfig,
  PairConfig,
  SecretSource,
  Tracking,
  VirtualAddress,
  VirtualRouterConfig,
} from './agent-config.ts';
import { boundToMoving, whyNoHandover } from './agreed-handover.ts';
import {
  type EffectiveConfig,
  type EffectiveRouter,
  type EffectiveTracking,
  trackedInterfaces,
} from './effective.ts';
import type { HeldSecrets } from './secrets.ts';
import { settings } from './settings.ts';

const OWNER_PRIORITY = 255;
/** As far as trackers can raise a priority. */
const TRACKED_PRIORITY_MAX = 254;

/** `node` is one of the file's; the result has a router per address family. */
export function compileAgent(
  config: EffectiveConfig,
  node: string,
  digest: string,
  secrets: HeldSecrets,
): AgentConfig {
  return {
    node,
    nodes: Object.keys(config.nodes),
    peerAddresses: Object.entries(config.nodes).flatMap(([name, { address }]) =>
      name === node || address === undefined ? [] : [address],
    ),
    digest,
    virtualRouters: Object.entries(config.virtual_routers).flatMap(([name, router]) =>
      compileRouter(name, asPaired(router, config), {
        node,
        group: groupOf(config, name),
        scripts: config.health_scripts,
        secrets,
        handover: compileHandover(name, router, config),
      }),
    ),
    ...compilePair(config, node),
    healthScripts: Object.entries(config.health_scripts).map(([name, script]) => ({
      name,
      command: script.command,
      intervalMs: script.interval,
      timeoutMs: script.timeout,
      rise: script.rise,
      fall: script.fall,
      weight: script.weight,
    })),
  };
}

/** A file with one node has nobody to be connected with. */
function compilePair({ pair, nodes }: EffectiveConfig, node: string): Pick<AgentConfig, 'pair'> {
  const peer = Object.keys(nodes).find((one) => one !== node);
  if (pair === undefined || peer === undefined) return {};
  const remotes = nodes[peer]?.pair_addresses ?? [];
  const paths = (nodes[node]?.pair_addresses ?? []).flatMap((local, at) => {
    const remote = remotes[at];
    return remote === undefined ? [] : [{ local, remote }];
  });
  const compiled: PairConfig = { peer, secret: pair.secret, port: pair.port, paths };
  return { pair: compiled };
}

type Handover = Pick<VirtualRouterConfig, 'drainTimeoutMs' | 'noHandover' | 'handoverBreaks'>;

function compileHandover(name: string, router: EffectiveRouter, config: EffectiveConfig): Handover {
  const why = whyNoHandover(router, config);
  if (why !== null) return { noHandover: why };
  const broken = boundToMoving(config).filter((one) => one.router === name);
  const handoverBreaks = [...new Set(broken.map(({ listener }) => listener))];
  const drainTimeoutMs = router.drain_timeout;
  return handoverBreaks.length === 0 ? { drainTimeoutMs } : { drainTimeoutMs, handoverBreaks };
}

/** What a router is compiled with. */
interface RouterContext {
  readonly node: string;
  /** The routers of the file that move together, itself among them. */
  readonly group: readonly EffectiveRouter[];
  readonly scripts: EffectiveConfig['health_scripts'];
  readonly secrets: HeldSecrets;
  readonly handover: Handover;
}

/** The virtual routers, one or two, that a router of the file is on the wire. */
function compileRouter(
  name: string,
  router: EffectiveRouter,
  { node, group, scripts, secrets, handover }: RouterContext,
): readonly VirtualRouterConfig[] {
  const byFamily = (family: 4 | 6) =>
    router.addresses.filter(({ address }) => familyOf(address) === family);
  const [ipv4, ipv6] = [byFamily(4), byFamily(6)];
  const peerPriority = highestOfOthers(group, node);
  const peerPriorityMax = highestPossible(router.peer, group, node, scripts);
  const bothFamilies = ipv4.length > 0 && ipv6.length > 0;
  const shared = {
    vrid: router.vrid,
    interface: router.interface[node] ?? '',
    priority: router.priority[node] ?? 0,
    advertIntervalMs: router.advert_interval,
    ...compileGroup(name, router, node, bothFamilies, group.length),
    preempt: router.preempt,
    preemptDelayMs: router.preempt_delay,
    startupDelayMs: router.startup_delay,
    peer: router.peer,
    ...(peerPriority === null ? {} : { peerPriority }),
    ...(peerPriorityMax === null ? {} : { peerPriorityMax }),
    ...(router.mode === 'plain' ? {} : { mode: router.mode }),
    ...(router.accept ? {} : { accept: false as const }),
    strictRfc: router.strict_rfc,
    ...handover,
    ...compileBfd(router.bfd, node),
    ...compileAuth(router.auth, secrets),
    ...(router.witness === undefined ? {} : { witness: router.witness }),
    ...(router.notify === undefined
      ? {}
      : { notify: { command: router.notify.command, timeoutMs: router.notify.timeout } }),
    track: compileTracking(router.track),
  };
  const routers: VirtualRouterConfig[] = [];
  const beside = (family: 4 | 6) => ({
    ...compileBeside(router, node, bothFamilies ? family : null),
    ...compileUnicast(router.unicast, node, family),
  });
  if (ipv4.length > 0) {
    const own = { version: router.version, addresses: ipv4, ...beside(4) };
    routers.push({ name, family: 4, ...own, ...shared });
  }
  if (ipv6.length > 0) {
    // Alone it keeps the file's name; beside IPv4 the two need telling apart.
    const own = bothFamilies ? `${name}.ipv6` : name;
    routers.push({ name: own, family: 6, version: 3, addresses: ipv6, ...beside(6), ...shared });
  }
  return routers;
}

/** What moves beside the adverts' addresses: that of one family, or (null) of both. */
function compileBeside(
  router: EffectiveRouter,
  node: string,
  family: 4 | 6 | null,
): Pick<VirtualRouterConfig, 'excludedAddresses' | 'routes'> {
  const mine = ({ address }: VirtualAddress) => family === null || familyOf(address) === family;
  const excludedAddresses = (router.excluded_addresses ?? []).filter(mine);
  const routes = (router.routes ?? [])
    .filter(({ to }) => mine(to))
    .map(({ to, via, interface: device, source, metric, table }) => ({
      destination: to,
      ...(via === undefined ? {} : { via }),
      interface: device[node] ?? '',
      ...(source === undefined ? {} : { source }),
      metric,
      table,
    }));
  return {
    ...(excludedAddresses.length === 0 ? {} : { excludedAddresses }),
    ...(routes.length === 0 ? {} : { routes }),
  };
}

/** Nobody asks about a witness without a connection between the agents. */
function asPaired(router: EffectiveRouter, { pair, nodes }: EffectiveConfig): EffectiveRouter {
  const paired = pair !== undefined && Object.keys(nodes).length > 1;
  return paired ? router : { ...router, witness: undefined };
}

function compileBfd(bfd: EffectiveRouter['bfd'], node: string): Pick<VirtualRouterConfig, 'bfd'> {
  const peer = bfd?.peer[node];
  if (bfd === undefined || peer === undefined) return {};
  return { bfd: { peer, intervalMs: bfd.interval, multiplier: bfd.multiplier } };
}

/** The node's own address of the family, and those of everybody else. */
function compileUnicast(
  unicast: EffectiveRouter['unicast'],
  node: string,
  family: 4 | 6,
): Pick<VirtualRouterConfig, 'unicast'> {
  if (unicast === undefined) return {};
  const ofFamily = (list: readonly string[]) => list.filter((one) => familyOf(one) === family);
  const others = Object.entries(unicast.addresses).filter(([name]) => name !== node);
  const [source] = ofFamily(unicast.addresses[node] ?? []);
  const peers = [...others.flatMap(([, list]) => ofFamily(list)), ...ofFamily(unicast.peers)];
  const minTtl = unicast.min_ttl;
  return { unicast: { ...(source === undefined ? {} : { source }), peers, minTtl } };
}

function compileAuth(
  auth: EffectiveRouter['auth'],
  secrets: HeldSecrets,
): Pick<VirtualRouterConfig, 'auth'> {
  if (auth === undefined) return {};
  const held = (source: SecretSource) => {
    const secret = secrets.get(source);
    if (secret === undefined) throw new Error('a config is compiled before its secrets were read');
    return secret;
  };
  if (auth.password !== undefined) {
    const password = new Uint8Array(settings.auth.passwordBytesMax);
    password.set(held(auth.password));
    return { auth: { type: 'password', password } };
  }
  const { mode } = auth;
  if (mode === 'off') return {};
  const keys = Object.entries(auth.keys ?? {}).map(([id, source]) => ({
    id: Number(id),
    // A plain copy: a Buffer would look different after it was handed to another thread.
    secret: Uint8Array.from(held(source)),
  }));
  const activeKey = auth.active_key ?? keys[0]?.id ?? 0;
  return { auth: { type: 'hmac', mode, activeKey, keys } };
}

/** The routers that move with one, and itself. */
function groupOf(config: EffectiveConfig, name: string): readonly EffectiveRouter[] {
  const own = config.virtual_routers[name];
  if (own === undefined) return [];
  const { sync_group } = own;
  if (sync_group === undefined) return [own];
  const all = Object.values(config.virtual_routers);
  return all.filter((router) => router.sync_group === sync_group);
}

/**
 * An owner is Active whatever happens to others, so it moves with nobody. Names of routers have no
 * dot: what two families make of one is no group of the file.
 */
function compileGroup(
  name: string,
  router: EffectiveRouter,
  node: string,
  bothFamilies: boolean,
  routers: number,
): Pick<VirtualRouterConfig, 'syncGroup'> {
  if (router.priority[node] === OWNER_PRIORITY) return {};
  if (router.sync_group !== undefined && (routers > 1 || bothFamilies)) {
    return { syncGroup: router.sync_group };
  }
  return bothFamilies ? { syncGroup: `${name}.ipv4+ipv6` } : {};
}

/**
 * The priority below which another node has to take over; null for a node that is alone. A group is
 * worth as much as its least router.
 */
function highestOfOthers(group: readonly EffectiveRouter[], node: string): number | null {
  const others = new Set(group.flatMap(({ priority }) => Object.keys(priority)));
  others.delete(node);
  if (others.size === 0) return null;
  const least = (other: string) => Math.min(...group.map(({ priority }) => priority[other] ?? 0));
  return Math.max(...[...others].map(least));
}

/**
 * What no other node's effective priority exceeds, whatever its trackers say; null when that is not
 * in this file.
 */
function highestPossible(
  peer: EffectiveRouter['peer'],
  group: readonly EffectiveRouter[],
  node: string,
  scripts: EffectiveConfig['health_scripts'],
): number | null {
  const others = group.flatMap(({ priority }) =>
    Object.entries(priority).flatMap(([other, value]) => (other === node ? [] : [value])),
  );
  if (peer === 'other' || others.length === 0) return null;
  const configured = Math.max(...others);
  const rises = group.some(({ track }) => canRaise(track, scripts));
  return rises ? Math.max(TRACKED_PRIORITY_MAX, configured) : configured;
}

function canRaise(track: EffectiveTracking, scripts: EffectiveConfig['health_scripts']): boolean {
  // The number in a file has the sign that somebody writes.
  if (Object.keys(track.files ?? {}).length > 0) return true;
  const { upstreams, gateways, processes } = track;
  const named = [trackedInterfaces(track), upstreams, gateways, processes];
  const weights = [
    ...named.flatMap((trackers) => Object.values(trackers ?? {}).map(({ weight }) => weight)),
    ...track.scripts.map((script) => scripts[script]?.weight ?? 0),
  ];
  return weights.some((weight) => weight > 0);
}

function compileTracking(track: EffectiveTracking): Tracking {
  return {
    proxy: track.proxy,
    scripts: track.scripts,
    interfaces: named(trackedInterfaces(track), ({ weight, up_delay, down_delay }) => ({
      weight,
      upDelayMs: up_delay,
      downDelayMs: down_delay,
    })),
    upstreams: named(track.upstreams, ({ min_up, weight }) => ({ minUp: min_up, weight })),
    gateways: named(track.gateways, ({ interval, timeout, ...gateway }) => ({
      ...gateway,
      intervalMs: interval,
      timeoutMs: timeout,
    })),
    files: named(track.files, (file) => file),
    processes: named(track.processes, ({ name, command = [], quorum, weight }) => ({
      match: name === undefined ? { command } : { name },
      quorum,
      weight,
    })),
  };
}

function named<T, U extends object>(
  map: Readonly<Record<string, T>> | undefined,
  change: (value: T) => U,
): ({ readonly name: string } & U)[] {
  return Object.entries(map ?? {}).map(([name, value]) => ({ name, ...change(value) }));
}
