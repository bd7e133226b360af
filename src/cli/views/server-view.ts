/** What became of an order about servers, as text. Pure. */
import type { NamedServer, OrderedServer } from '../../../proxy/index.ts';

/** Requests and sessions that servers still have, in a few words. */
export function leftText(count: number): string {
  if (count === 0) return 'nothing is left on it';
  return count === 1 ? '1 request or session is left' : `${count} requests and sessions are left`;
}

/** It drains from now on. */
export function drainedText(one: OrderedServer): string {
  const belong = one.sticky ? ', but from clients that belong to it by a cookie' : '';
  return `${nameOf(one)}: gets no new work${belong}; ${leftText(one.inFlight)}`;
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

/** Upstreams that have too few for new work now. */
export function alarmTexts(servers: readonly OrderedServer[]): string[] {
  const alarms = servers.flatMap(({ upstream, fit, panic }) => {
    if (panic)
      return `upstream ${upstream}: PANIC: so few are left that those that are down are used, too`;
    if (fit > 0) return [];
    return `upstream ${upstream}: NO SERVER IS LEFT for new work: HTTP clients get 503, others are refused`;
  });
  return [...new Set(alarms)];
}

/** It is no server now, and is as the file has it if it comes back. */
export function forgottenText(one: NamedServer): string {
  return `${nameOf(one)}: is no server now; what was ordered of it is taken back`;
}

/** A server in a sentence. */
export function nameOf({ server, upstream }: NamedServer): string {
  return `${server} of upstream ${upstream}`;
}
