/** The files that the drill reloads in turn: everything a reload may change, and nothing that moves an address. */

import type { PairSettings } from '../handover/edges/edge.ts';
import { tandemConfig } from '../handover/edges/tandem.ts';

/** Free in the plan of the lab's addresses. */
export const addedAddress = '198.51.100.102';
/** Of the listener that comes and goes. */
export const addedPort = 8081;

/** One after the other, and again from the first. The first is the one the pair is started with. */
export function reloadConfigs(settings: PairSettings): readonly string[] {
  return [tandemConfig(settings), otherBalancer(settings), otherRouter(settings)];
}

/** A server less in each upstream, a route and a listener more. */
function otherBalancer(settings: PairSettings): string {
  const fewer = { ...settings, origins: settings.origins.slice(0, -1) };
  const text = replaced(tandemConfig(fewer), 'routes: [{ upstream: web }]', [
    'routes: [{ match: { path: /variant }, upstream: web }, { upstream: web }]',
  ]);
  return `${text}  added: { bind: ["0.0.0.0:${addedPort}"], protocol: tcp, upstream: echo }\n`;
}

/** An address more, another priority of the better node, one more tracker. */
function otherRouter(settings: PairSettings): string {
  const more = { ...settings, virtualAddresses: [...settings.virtualAddresses, addedAddress] };
  const tracked = replaced(tandemConfig(more), 'track: { proxy: true }', [
    'track: { proxy: true, interfaces: [eth1] }',
  ]);
  return replaced(tracked, 'priority: 200', ['priority: 210']);
}

/** The first place; a config that has changed its form must not make an empty drill of this. */
function replaced(text: string, what: string, [by]: readonly [string]): string {
  if (!text.includes(what)) throw new Error(`the pair's config has no ${what}`);
  return text.replace(what, () => by);
}
