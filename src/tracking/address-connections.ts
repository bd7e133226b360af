import {
  type AddressConnections,
  type ConnectionKind,
  connectionKinds,
} from '../../keepalive/index.ts';
import { parseIp } from '../os/ip-address.ts';
import { DRAINING_ADDRESSES_MAX } from './drain-orders.ts';

/** What the balancer's line says of connections; null for what is none; never throws. */
export function decodeConnections(value: unknown): readonly AddressConnections[] | null {
  if (!Array.isArray(value) || value.length > DRAINING_ADDRESSES_MAX) return null;
  const told = value.map(decodeAddress);
  const sound = told.filter((connections) => connections !== null);
  return sound.length < told.length ? null : sound;
}

/** Null unless every kind has a count. Kinds that a newer balancer may know are left out. */
function decodeAddress(value: unknown): AddressConnections | null {
  if (typeof value !== 'object' || value === null) return null;
  const { address, kinds, oldestMs } = value as Record<string, unknown>;
  if (typeof address !== 'string' || address.length > 45 || parseIp(address) === null) return null;
  if (typeof kinds !== 'object' || kinds === null || !isCount(oldestMs)) return null;
  const counts: Partial<Record<ConnectionKind, number>> = {};
  for (const kind of connectionKinds) {
    const count = (kinds as Record<string, unknown>)[kind];
    if (!isCount(count)) return null;
    counts[kind] = count;
  }
  return { address, kinds: counts as Record<ConnectionKind, number>, oldestMs };
}

/** A whole number from 0. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
