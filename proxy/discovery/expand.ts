/** From the addresses that names stand for to the servers of an upstream. Pure. */
import type {
  NamedServersConfig,
  ServerConfig,
  UpstreamConfig,
} from '../../src/config/proxy-config.ts';
import { serverAddress } from '../upstream/identity.ts';
import type { Question } from './answer.ts';
import type { FoundAddress } from './name-state.ts';

/** Weights of servers are 0-1000, those of SRV records 0-65535. */
const WEIGHT_MAX = 1000;

/** What an upstream's name is asked for with. */
export function questionOf({ kind, template }: NamedServersConfig): Question {
  return { kind, name: template.host };
}

/**
 * The servers of an upstream as they are now, in the order of the file. `before` are those until now,
 * so that `resolve: one` stays with its address. What two entries stand for is the first one's.
 */
export function expandServers(
  { servers, names }: Pick<UpstreamConfig, 'servers' | 'names'>,
  foundBy: (question: Question) => readonly FoundAddress[],
  before: readonly ServerConfig[],
): readonly ServerConfig[] {
  const expanded: ServerConfig[] = [];
  let next = 0;
  for (const named of names) {
    expanded.push(...servers.slice(next, named.place));
    next = named.place;
    const found = foundBy(questionOf(named));
    const all = named.kind === 'srv' ? fromRecords(named, found) : fromAddresses(named, found);
    expanded.push(...(named.one ? sameAgain(all, before) : all));
  }
  expanded.push(...servers.slice(next));
  const seen = new Set<string>();
  return expanded.filter((server) => {
    const address = serverAddress(server);
    if (seen.has(address)) return false;
    seen.add(address);
    return true;
  });
}

function fromAddresses(
  { template }: NamedServersConfig,
  found: readonly FoundAddress[],
): ServerConfig[] {
  return found.map(({ address, host }) => ({ ...template, host: address, name: host }));
}

/**
 * RFC 2782: all records of the lowest priority share the work by weight, and the others are asked
 * only when none of those is there.
 */
function fromRecords(
  { template }: NamedServersConfig,
  found: readonly FoundAddress[],
): ServerConfig[] {
  const lowest = Math.min(...found.map(({ srv }) => srv?.priority ?? 0));
  const isFirst = ({ srv }: FoundAddress) => (srv?.priority ?? 0) === lowest;
  return [found.filter(isFirst), found.filter((one) => !isFirst(one))].flatMap((group, index) => {
    const weigh = weightScale(group.map(({ srv }) => srv?.weight ?? 0));
    return group.map(({ address, host, srv }) => ({
      ...template,
      host: address,
      name: host,
      port: srv?.port ?? template.port,
      weight: template.weight === 0 ? 0 : weigh(srv?.weight ?? 0),
      backup: template.backup || index > 0,
    }));
  });
}

/**
 * SRV weights as weights of servers. Weight 0 among others is "a very small chance" in the RFC, so
 * the others are raised as far as their proportions stay exact; if all are 0, all are equal.
 */
export function weightScale(weights: readonly number[]): (weight: number) => number {
  const largest = Math.max(0, ...weights);
  if (largest === 0) return () => 1;
  if (largest > WEIGHT_MAX) {
    return (weight) => Math.max(1, Math.round((weight * WEIGHT_MAX) / largest));
  }
  const factor = weights.includes(0) ? Math.floor(WEIGHT_MAX / largest) : 1;
  return (weight) => Math.max(1, weight * factor);
}

function sameAgain(all: readonly ServerConfig[], before: readonly ServerConfig[]): ServerConfig[] {
  const known = new Set(before.map(serverAddress));
  const one = all.find((server) => known.has(serverAddress(server))) ?? all[0];
  return one === undefined ? [] : [one];
}
