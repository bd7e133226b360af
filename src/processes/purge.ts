/** `POST /purge` on the balancer's control socket. */
import type { Balancer, PurgeTarget } from '../../proxy/index.ts';
import { didYouMean } from '../config/suggest.ts';
import { json, type Reply } from '../control/server.ts';
import type { Logger } from '../log/logger.ts';

const NAMED = ['url', 'prefix', 'tag'] as const;

/** Carries a purge out; the query names one of `url`, `prefix`, `tag` and `all`, and perhaps a `cache`. */
export async function purge(
  balancer: Balancer | null,
  query: URLSearchParams,
  log: Logger,
): Promise<Reply> {
  const target = targetOf(query);
  if (target === null) return json({ error: 'name one of url, prefix, tag and all' }, 400);
  if (balancer === null) return json({ error: 'the balancer is starting' }, 503);
  const cache = query.get('cache');
  try {
    const purged = await balancer.purge(target, cache);
    if (purged === null) {
      const names = balancer.status().caches.map(({ name }) => name);
      return json({ error: noCache(cache, names) }, 404);
    }
    log.info({ target, cache, purged }, `purged: ${purged} entries`);
    return json({ purged });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return json({ error: error.message }, 400);
  }
}

function noCache(cache: string | null, names: readonly string[]): string {
  if (cache === null || names.length === 0) return 'there are no caches';
  return `no cache ${cache}${didYouMean(cache, names)}; there is: ${names.join(', ')}`;
}

function targetOf(query: URLSearchParams): PurgeTarget | null {
  const given = [...query.keys()].filter((name) => name !== 'cache');
  const [kind] = given;
  if (given.length !== 1 || kind === undefined) return null;
  if (kind === 'all') return { kind };
  const named = NAMED.find((name) => name === kind);
  return named === undefined ? null : { kind: named, text: query.get(kind) ?? '' };
}
