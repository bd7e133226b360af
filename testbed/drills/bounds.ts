/**
 * What drills promise. The times follow from the protocol: a silent Active is noticed after 3 intervals
 * and a skew of (256 - 100)/256 of an interval, which is 361 ms at 100 ms adverts and 36 ms at 10 ms; a
 * host that says it leaves is followed after the skew alone, 61 ms and 6 ms. Pure.
 */
import type { Bound, ClientFelt, Measurements, Promiser } from './drill.ts';

/** Silence must be noticed, an address claimed and announced: 400 ms at 100 ms, 60 ms at 10 ms. */
export function silenceBoundMs(advertMs: number): number {
  return 4 * advertMs + (advertMs < 100 ? 20 : 0);
}

/** A leaving host is followed after one skew: 150 ms at 100 ms adverts, 60 ms at 10 ms. */
export function leavingBoundMs(advertMs: number): number {
  return advertMs + 50;
}

/** A dead balancer moves the address within one interval, and not faster than 60 ms is asked. */
export function balancerBoundMs(advertMs: number): number {
  return Math.max(advertMs, 60);
}

/** When the worse edge, of priority 100, claims in silence: a stalled host is mute before that. */
export function peerDownMs(advertMs: number): number {
  return 3 * advertMs + (advertMs * (256 - 100)) / 256;
}

/** The longest time without an answer to a new connection. */
export const outage = (atMost: number): Bound => ({
  what: 'outage',
  unit: 'ms',
  atMost,
  of: ({ outageMs }) => outageMs,
});

/** From the fault to the other host alone holding the address. */
export const takeover = (atMost: number): Bound => ({
  what: 'takeover',
  unit: 'ms',
  atMost,
  of: ({ takeoverMs }) => takeoverMs,
});

/** How long two hosts had the address. */
export const twoHolders = (atMost: number): Bound => ({
  what: 'two holders',
  unit: 'ms',
  atMost,
  of: ({ twoHoldersMs }) => twoHoldersMs,
});

/** From the fault on, how long some attempts failed. */
export const failing = (atMost: number): Bound => ({
  what: 'failing',
  unit: 'ms',
  atMost,
  of: ({ failingMs }) => failingMs,
});

/** How often the address moved. */
export const moves = (atMost: number): Bound => ({
  what: 'moves',
  unit: '',
  atMost,
  of: (measured) => measured.moves,
});

/** No request of any kind of client failed. */
export const noFailure: Bound = {
  what: 'failed',
  unit: '',
  atMost: 0,
  of: (measured) => sumOf(measured, 'failed'),
};

/** The same of HTTP alone: who ends a TCP session cannot know what is on its way to it. */
export const noRequestFailed: Bound = {
  what: 'failed requests',
  unit: '',
  atMost: 0,
  of: ({ clients: { http, keepalive } }) => (http?.failed ?? 0) + (keepalive?.failed ?? 0),
};

/** No connection of any kind of client broke. */
export const noBreak: Bound = {
  what: 'broken',
  unit: '',
  atMost: 0,
  of: (measured) => sumOf(measured, 'broken'),
};

/** Nobody notices, where the hosts of the pair agree on planned moves. */
export const unnoticed = ({ agrees }: Promiser): readonly Bound[] =>
  agrees ? [noFailure, noBreak] : [];

/** Of all kinds of clients. */
export function sumOf({ clients }: Measurements, figure: keyof ClientFelt): number {
  return Object.values(clients).reduce((sum, felt) => sum + felt[figure], 0);
}
