/**
 * What a reload changes, told before it is done: the difference of two configs as an operator reads it,
 * what clients feel of it, and what a running balancer cannot do. Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ProxyConfig } from '../../src/config/proxy-config.ts';
import { planCaches, refusedCaches } from './plan-caches.ts';
import { type PlanLine, planNamed } from './plan-lines.ts';
import { planListeners, refusedListeners } from './plan-listeners.ts';
import { planUpstreams } from './plan-upstreams.ts';

/** What a reload would do to the balancer. */
export interface BalancerPlan {
  readonly lines: readonly PlanLine[];
  /** Why it cannot be applied to a running balancer, a sentence each; empty: it can. */
  readonly needsRestart: readonly string[];
}

/** How settings are called in the file. */
const SETTINGS: Readonly<Partial<Record<keyof ProxyConfig, string>>> = {
  drainTimeoutMs: 'proxy.drain_timeout',
  tempDirectory: 'proxy.temp_directory',
};

/** Those that are lists of things with names, and the digest, which is another with every comment. */
const PLANNED = new Set([
  'digest',
  'workers',
  'io',
  'resolver',
  'ticketSecret',
  'upstreams',
  'rateLimits',
  'concurrencyLimits',
  'caches',
  'listeners',
]);

/** The difference of two configs. Every one is in it: nothing changes that it does not tell. */
export function planReload(before: ProxyConfig, after: ProxyConfig): BalancerPlan {
  return {
    lines: [
      ...planSettings(before, after),
      ...planTickets(before, after),
      ...planListeners(before.listeners, after.listeners),
      ...planUpstreams(before.upstreams, after.upstreams),
      ...planNamed('limit', before.rateLimits, after.rateLimits, ANEW),
      ...planNamed('limit', before.concurrencyLimits, after.concurrencyLimits, ANEW),
      ...planCaches(before.caches, after.caches),
      ...planOrder(before, after),
    ],
    needsRestart: [
      ...refusedSettings(before, after),
      ...refusedListeners(before.listeners, after.listeners),
      ...refusedCaches(before.caches, after.caches),
    ],
  };
}

/** Of a limit that counts something else, or otherwise. */
const ANEW = 'what it counts begins anew';

function planSettings(before: ProxyConfig, after: ProxyConfig): PlanLine[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof ProxyConfig>;
  return [...keys]
    .filter((key) => !PLANNED.has(key) && !isDeepStrictEqual(before[key], after[key]))
    .map((key) => {
      return { what: 'changed', kind: 'setting', name: SETTINGS[key] ?? key, disturbs: null };
    });
}

/** Clients whose tickets were made with keys of the former secret prove nothing by them any more. */
function planTickets(before: ProxyConfig, after: ProxyConfig): PlanLine[] {
  if (isDeepStrictEqual(before.ticketSecret, after.ticketSecret)) return [];
  const disturbs = 'TLS sessions begin anew, with one full handshake';
  return [{ what: 'changed', kind: 'setting', name: 'keys of session tickets', disturbs }];
}

function refusedSettings(before: ProxyConfig, after: ProxyConfig): string[] {
  const refused: string[] = [];
  if (before.workers !== after.workers) {
    refused.push(`proxy.workers is ${after.workers} and was ${before.workers}`);
  }
  if (before.io !== after.io) refused.push(`proxy.io is ${after.io} and was ${before.io}`);
  if (!isDeepStrictEqual(before.resolver, after.resolver)) {
    refused.push('resolver is another than before');
  }
  return refused;
}

/** Things that are the same, and in another order: nobody feels it, but it is a difference. */
function planOrder(before: ProxyConfig, after: ProxyConfig): PlanLine[] {
  const lists = {
    listeners: [before.listeners, after.listeners],
    upstreams: [before.upstreams, after.upstreams],
    rate_limits: [before.rateLimits, after.rateLimits],
    concurrency_limits: [before.concurrencyLimits, after.concurrencyLimits],
    caches: [before.caches, after.caches],
  };
  return Object.entries(lists).flatMap(([name, [were, are]]): PlanLine[] => {
    const [first, second] = [were!, are!].map((list) => list.map((one) => one.name));
    const same = isDeepStrictEqual([...first!].sort(), [...second!].sort());
    if (!same || isDeepStrictEqual(first, second)) return [];
    return [{ what: 'changed', kind: 'setting', name: `order of ${name}`, disturbs: null }];
  });
}
