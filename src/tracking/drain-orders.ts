import type { DrainOrder } from '../../keepalive/index.ts';
import { parseIp } from '../os/ip-address.ts';
import { parseObject } from './lines.ts';

/** What drains, as the agent tells the balancer over agent.sock: one JSON object a line. */

/** Addresses in all orders of a line; those beyond are left to the agent's own deadline. */
export const DRAINING_ADDRESSES_MAX = 1024;
/** Longest line the balancer accepts of the agent, bytes. */
export const ORDER_LINE_BYTES_MAX = 64 * 1024;
const ORDERS_MAX = 256;
/** Seven days: longer than any drain that can be configured. */
const LEFT_MS_MAX = 7 * 86_400_000;

/** The line, newline included. An order replaces the one before; none: nothing drains. */
export function encodeDrainOrders(drains: readonly DrainOrder[]): string {
  let room = DRAINING_ADDRESSES_MAX;
  const told: DrainOrder[] = [];
  for (const { addresses, leftMs } of drains.slice(0, ORDERS_MAX)) {
    const some = addresses.slice(0, room);
    room -= some.length;
    const left = Math.min(LEFT_MS_MAX, Math.max(0, Math.round(leftMs)));
    if (some.length > 0) told.push({ addresses: some, leftMs: left });
  }
  return `${JSON.stringify({ type: 'drain', drains: told })}\n`;
}

/** Null for anything that is no such line; never throws. */
export function decodeDrainOrders(line: string): readonly DrainOrder[] | null {
  const said = parseObject(line);
  if (said === null) return null;
  const { type, drains } = said;
  if (type !== 'drain' || !Array.isArray(drains) || drains.length > ORDERS_MAX) return null;
  const orders = drains.map(decodeOrder);
  const sound = orders.filter((order) => order !== null);
  const addresses = sound.reduce((sum, order) => sum + order.addresses.length, 0);
  return sound.length < orders.length || addresses > DRAINING_ADDRESSES_MAX ? null : sound;
}

function decodeOrder(value: unknown): DrainOrder | null {
  if (typeof value !== 'object' || value === null) return null;
  const { addresses, leftMs } = value as Record<string, unknown>;
  if (!Array.isArray(addresses) || addresses.length === 0) return null;
  if (addresses.length > DRAINING_ADDRESSES_MAX || !addresses.every(isAddress)) return null;
  if (!Number.isSafeInteger(leftMs) || (leftMs as number) < 0) return null;
  return (leftMs as number) > LEFT_MS_MAX ? null : { addresses, leftMs: leftMs as number };
}

/** Long texts are refused before anybody reads them. */
function isAddress(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 45 && parseIp(value) !== null;
}
