/** What a reload does to upstreams and their servers. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import { serverAddress } from '../upstream/identity.ts';
import type { PlanLine } from './plan-lines.ts';

/** Lines about upstreams, those without a difference left out. */
export function planUpstreams(
  before: readonly UpstreamConfig[],
  after: readonly UpstreamConfig[],
): PlanLine[] {
  const were = new Map(before.map((one) => [one.name, one]));
  const are = new Map(after.map((one) => [one.name, one]));
  const line = (what: PlanLine['what'], name: string): PlanLine => {
    return { what, kind: 'upstream', name, disturbs: null };
  };
  const gone = before.filter(({ name }) => !are.has(name));
  return [
    ...gone.map(({ name }) => line('removed', name)),
    ...after.flatMap((is) => {
      const was = were.get(is.name);
      if (was === undefined) return [line('added', is.name)];
      return planUpstream(was, is);
    }),
  ];
}

function planUpstream(was: UpstreamConfig, is: UpstreamConfig): PlanLine[] {
  if (isDeepStrictEqual(was, is)) return [];
  const servers = planServers(was, is);
  const same = isDeepStrictEqual(withoutServers(was), withoutServers(is));
  // Servers in another order are not told one by one.
  if (same && servers.length > 0) return servers;
  return [{ what: 'changed', kind: 'upstream', name: is.name, disturbs: null }, ...servers];
}

function planServers(was: UpstreamConfig, is: UpstreamConfig): PlanLine[] {
  const before = namedServers(was);
  const after = namedServers(is);
  const line = (what: PlanLine['what'], server: string, disturbs: string | null): PlanLine => {
    return { what, kind: 'server', name: `${server} of ${is.name}`, disturbs };
  };
  const moved = was.sticky === null ? null : 'clients that are kept with it get another server';
  const gone = [...before.keys()].filter((name) => !after.has(name));
  return [
    ...gone.map((name) => line('removed', name, moved)),
    ...[...after].flatMap(([name, server]) => {
      const known = before.get(name);
      if (known === undefined) return [line('added', name, null)];
      return isDeepStrictEqual(known, server) ? [] : [line('changed', name, null)];
    }),
  ];
}

/** Those with an address, and those that DNS tells by their name; a name may be there twice. */
function namedServers({ servers, names }: UpstreamConfig): ReadonlyMap<string, readonly unknown[]> {
  const named = names.map((one) => ({ key: `${one.kind} ${serverAddress(one.template)}`, one }));
  const plain = servers.map((one) => ({ key: serverAddress(one), one }));
  const groups = Map.groupBy([...plain, ...named], ({ key }) => key);
  return new Map([...groups].map(([key, entries]) => [key, entries.map(({ one }) => one)]));
}

function withoutServers(upstream: UpstreamConfig): object {
  return { ...upstream, servers: [], names: [] };
}
