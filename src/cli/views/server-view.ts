/** What became of an order about servers, as text. Pure. */
import type { OrderedServer } from '../../../proxy/index.ts';

/** Requests and sessions that servers still have, in a few words. */
export function leftText(count: number): string {
  if (count === 0) return 'nothing is left on it';
  return count === 1 ? '1 request or session is left' : `${count} requests and sessions are left`;
}

/** It drains from now on. */
export function drainedText(one: OrderedServer): string {
  return `${nameOf(one)}: gets no new work; ${leftText(one.inFlight)}`;
}

/** It does not drain any more. */
export function undrainedText(one: OrderedServer): string {
  const { weight } = one;
  return `${nameOf(one)}: ${weight === 0 ? 'drains no more, but has weight 0' : 'gets new work again'}`;
}

/** It has another weight. */
export function weightText(one: OrderedServer): string {
  const { weight, weightInFile, draining } = one;
  const file = weight === weightInFile ? 'as in the file' : `the file has ${weightInFile}`;
  return `${nameOf(one)}: weight ${weight}, ${file}${draining ? '; it drains all the same' : ''}`;
}

/** Upstreams that have nobody for new work now. */
export function emptyTexts(servers: readonly OrderedServer[]): string[] {
  const empty = servers.filter(({ fit }) => fit === 0).map(({ upstream }) => upstream);
  return [...new Set(empty)].map(
    (upstream) => `upstream ${upstream}: NO SERVER IS LEFT for new work: clients get 503`,
  );
}

function nameOf({ server, upstream }: OrderedServer): string {
  return `${server} of upstream ${upstream}`;
}
