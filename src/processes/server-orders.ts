/** `POST /servers` on the balancer's control socket: drains servers, or gives them another weight. */
import type { Balancer, ServerOrder } from '../../proxy/index.ts';
import { json, type Reply } from '../control/server.ts';
import type { Logger } from '../log/logger.ts';
import { isWeight, type WishesFile } from '../runtime/wishes-file.ts';

const ALLOWED = ['server', 'upstream', 'drain', 'weight'];
const NEEDED =
  'needed: server=HOST:PORT with drain=1, drain=0 or weight=N (or weight=file), perhaps upstream=NAME';

/** Carries it out, and keeps it for the next balancer. */
export function orderServers(
  balancer: Balancer | null,
  query: URLSearchParams,
  { file, log }: { readonly file: WishesFile; readonly log: Logger },
): Reply {
  const order = orderOf(query);
  if (order === null) return json({ error: NEEDED }, 400);
  if (balancer === null) return json({ error: 'the balancer is starting' }, 503);
  try {
    const result = balancer.orderServers(order);
    return json({ ...result, unkept: keepWishes(balancer, file, log) });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return json({ error: error.message }, 404);
  }
}

/** Keeps all that operators want now for the next balancer; why that cannot be, or null. */
export function keepWishes(
  { wishes }: Pick<Balancer, 'wishes'>,
  file: WishesFile,
  log: Logger,
): string | null {
  const unkept = file.write(wishes);
  if (unkept !== null) log.warn({ path: file.path, reason: unkept }, `${file.path}: ${unkept}`);
  return unkept;
}

function orderOf(query: URLSearchParams): ServerOrder | null {
  const server = query.get('server');
  const names = [...query.keys()];
  if (server === null || server === '' || !names.every((name) => ALLOWED.includes(name)))
    return null;
  const drain = query.get('drain');
  const weight = query.get('weight');
  if ((drain === null) === (weight === null)) return null;
  const order = { server, upstream: query.get('upstream') };
  if (drain !== null) {
    return drain === '1' || drain === '0'
      ? { ...order, change: { draining: drain === '1' } }
      : null;
  }
  if (weight === 'file') return { ...order, change: { weight: null } };
  const number = /^\d+$/.test(weight ?? '') ? Number(weight) : Number.NaN;
  return isWeight(number) ? { ...order, change: { weight: number } } : null;
}
