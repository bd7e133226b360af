/** Ports that the config wants on this host: free, held by Tandem, or whose. */
import { asList, type EffectiveConfig, formatEndpoint } from '../config/index.ts';
import { AS_ROOT, bad, type Finding, ok, unknown, warn } from './finding.ts';
import { textOf } from './host-files.ts';
import { readUsers, type SocketEntry, socketTable } from './listening-sockets.ts';
import { holdersOf, isTandem, type RunningProcess, runningProcesses } from './processes.ts';
import type { Family, HalfName, Subject } from './subject.ts';

const BFD_PORT = 3784;

/** Where one half listens, or will. */
export interface WantedPort {
  readonly kind: 'tcp' | 'udp';
  /** Canonical text. */
  readonly host: string;
  readonly port: number;
  /** `listener http`, `admin`, `pair`, `bfd`. */
  readonly use: string;
  readonly half: HalfName;
}

/** A socket that is bound, and who has it. */
export interface HeldPort extends SocketEntry {
  /** Null: this user may not know. */
  readonly holder: RunningProcess | null;
}

/** Every port that the config wants on this node. Pure. */
export function wantedPorts({ config, node }: Pick<Subject, 'config' | 'node'>): WantedPort[] {
  if (config === null) return [];
  const own = node === null ? undefined : config.nodes[node];
  const paths = config.pair === undefined ? [] : (own?.pair_addresses ?? []);
  const port = config.pair?.port ?? 0;
  return [
    ...listenersOf(config),
    ...paths.map((host) => agentPort('tcp', host, port, 'pair')),
    ...bfdOf(config, node).map((host) => agentPort('udp', host, BFD_PORT, 'bfd')),
  ];
}

function listenersOf({ listeners, admin }: EffectiveConfig): WantedPort[] {
  const all = Object.entries(listeners).flatMap(([name, { bind, protocol }]) =>
    asList(bind).map(({ host, port }): WantedPort => {
      const kind = protocol === 'udp' ? 'udp' : 'tcp';
      return { kind, host, port, use: `listener ${name}`, half: 'balancer' };
    }),
  );
  if (admin === undefined) return all;
  return [...all, { kind: 'tcp', ...admin.bind, use: 'admin', half: 'balancer' }];
}

function bfdOf({ virtual_routers: routers }: EffectiveConfig, node: string | null): string[] {
  const peers = Object.values(routers).flatMap(({ bfd }) => bfd?.peer[node ?? ''] ?? []);
  return [...new Set(peers.map((peer) => (peer.includes(':') ? '::' : '0.0.0.0')))];
}

function agentPort(kind: 'tcp' | 'udp', host: string, port: number, use: string): WantedPort {
  return { kind, host, port, use, half: 'agent' };
}

/** What is bound where a wanted port would be, the surest first. Pure. */
export function inTheWay(
  { kind, host, port }: WantedPort,
  held: readonly HeldPort[],
): readonly HeldPort[] {
  return held.filter((one) => {
    if (one.kind !== kind || one.port !== port) return false;
    if (one.host === host || one.host === wildcardOf(host)) return true;
    const isWildcard = host === wildcardOf(host);
    return isWildcard && wildcardOf(one.host) === host;
  });
}

function wildcardOf(host: string): string {
  return host.includes(':') ? '::' : '0.0.0.0';
}

/** Pure. `holder` of what is in the way decides. */
export function judgePort(
  wanted: WantedPort,
  held: readonly HeldPort[],
  subject: Pick<Subject, 'agent' | 'balancer'>,
): Finding {
  const what = `${formatEndpoint(wanted)}${wanted.kind === 'udp' ? ' UDP' : ''} (${wanted.use})`;
  const { runs, report } = subject[wanted.half];
  const found = inTheWay(wanted, held);
  const strangers = found.filter(({ holder }) => holder !== null && !isOurs(holder, report?.pid));
  const [stranger] = strangers;
  if (stranger?.holder) {
    const { name, pid } = stranger.holder;
    const reason = `held by ${name} (pid ${pid})`;
    return bad(what, reason, remedyAgainst(stranger.holder, wanted));
  }
  const ours = found.some(({ holder }) => holder !== null);
  if (ours) return ok(what, `held by the ${wanted.half}`);
  if (found.length > 0) {
    const users = [...new Set(found.map(({ user }) => user))].join(', ');
    const reason = `held by a process of user ${users} that this user may not look at`;
    return unknown(what, reason, AS_ROOT);
  }
  return judgeFree(what, wanted, runs, held);
}

function judgeFree(
  what: string,
  wanted: WantedPort,
  runs: 'yes' | 'no' | 'unknown',
  held: readonly HeldPort[],
): Finding {
  const both = dualStackHolder(wanted, held);
  if (both !== undefined) {
    const who =
      both.holder === null
        ? `a process of user ${both.user}`
        : `${both.holder.name} (pid ${both.holder.pid})`;
    const reason = `${who} has [::]:${wanted.port}, which takes IPv4 as well unless it says otherwise`;
    return warn(what, reason, 'stop it, or have it listen on IPv6 only (ipv6only=on, v6only)');
  }
  if (runs !== 'yes') return ok(what, 'free');
  const reason = `nobody has it, although the ${wanted.half} runs`;
  return warn(what, reason, 'tandem status says with which config it runs; tandem reload');
}

/** Somebody else's IPv6 wildcard: whether it takes IPv4, /proc does not say. */
function dualStackHolder({ kind, host, port }: WantedPort, held: readonly HeldPort[]) {
  if (host.includes(':')) return undefined;
  return held.find(
    (one) =>
      one.kind === kind &&
      one.port === port &&
      one.host === '::' &&
      (one.holder === null || !isTandem(one.holder)),
  );
}

/** A daemon too old to tell its pid is known by its command line. */
function isOurs(holder: RunningProcess, pid: number | undefined): boolean {
  return pid === undefined ? isTandem(holder) : holder.pid === pid;
}

function remedyAgainst(holder: RunningProcess, { use }: WantedPort): string {
  if (isTandem(holder)) {
    return 'another Tandem (TANDEM_RUNTIME_DIR of its own?): stop it, or change one of the ports';
  }
  const unit = unitOf(holder.pid);
  const stop =
    unit === null ? `stop it (kill ${holder.pid})` : `sudo systemctl disable --now ${unit}`;
  return `${stop}, or give ${use} another address or port`;
}

/** Its unit, where systemd started it. */
function unitOf(pid: number): string | null {
  return /\/([^/\n]+\.service)$/m.exec(textOf(`/proc/${pid}/cgroup`) ?? '')?.[1] ?? null;
}

function readHeld(wanted: readonly WantedPort[]): readonly HeldPort[] {
  const ports = new Set(wanted.map(({ port }) => port));
  const users = readUsers();
  const entries = (['tcp', 'tcp6', 'udp', 'udp6'] as const)
    .flatMap((name) => socketTable(textOf(`/proc/net/${name}`) ?? '', name, users))
    .filter(({ port }) => ports.has(port));
  const holders = holdersOf(new Set(entries.map(({ inode }) => inode)));
  const processes = new Map(runningProcesses().map((one) => [one.pid, one]));
  return entries.map((entry) => ({
    ...entry,
    holder: processes.get(holders.get(entry.inode) ?? 0) ?? null,
  }));
}

/** See the file's comment. */
export const ports: Family = {
  name: 'ports',
  async examine(subject) {
    const wanted = wantedPorts(subject);
    const held = readHeld(wanted);
    return wanted.map((one) => judgePort(one, held, subject));
  },
};
