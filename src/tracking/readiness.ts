import type { AddressConnections, UpstreamHealth } from '../../keepalive/index.ts';
import { decodeConnections, isCount } from './address-connections.ts';
import { DRAINING_ADDRESSES_MAX } from './drain-orders.ts';
import { parseObject } from './lines.ts';

/**
 * What the balancer tells the agent over agent.sock, one JSON object a line. The connection itself
 * is the sign of life: when it closes, the balancer is dead (design section 4, Wiring).
 */
export interface Readiness {
  /** Ready once since its start: listeners bound and a first round of health checks done. */
  readonly ready: boolean;
  /** Why not, one operator-readable reason each. */
  readonly reasons: readonly string[];
  /** Workers run, or did a moment ago; absent: true. */
  readonly serving?: boolean;
  /** The last round of checks that the agent asked for and that is over; absent: none. */
  readonly round?: number;
  /** How the servers of each tracked upstream are; absent from a balancer that does not say. */
  readonly upstreams?: readonly UpstreamHealth[];
  /** Of the addresses that drain; absent: none does. */
  readonly connections?: readonly AddressConnections[];
}

/** The balancer repeats its line this often, ms: a frozen one is told from a calm one. */
export const HEARTBEAT_MS = 1_000;

/** Longest line the agent accepts, bytes: room for every upstream and address there can be. */
export const READINESS_LINE_BYTES_MAX = 512 * 1024;
const REASONS_MAX = 100;
const REASON_CHARS_MAX = 500;
const UPSTREAMS_MAX = 1024;
const NAME_CHARS_MAX = 63;

/** The line, newline included. */
export function encodeReadiness(readiness: Readiness): string {
  const { ready, reasons, serving, round, upstreams, connections } = readiness;
  const message = {
    type: 'readiness',
    ready,
    reasons: reasons.slice(0, REASONS_MAX).map((reason) => reason.slice(0, REASON_CHARS_MAX)),
    ...(serving === undefined ? {} : { serving }),
    ...(round === undefined ? {} : { round }),
    ...(upstreams === undefined ? {} : { upstreams: upstreams.slice(0, UPSTREAMS_MAX) }),
    ...(connections === undefined
      ? {}
      : { connections: connections.slice(0, DRAINING_ADDRESSES_MAX) }),
  };
  return `${JSON.stringify(message)}\n`;
}

/** Null for anything that is not a readiness message; never throws. */
export function decodeReadiness(line: string): Readiness | null {
  const said = parseObject(line);
  if (said === null) return null;
  const { type, ready, reasons, serving, round, upstreams, connections } = said;
  if (type !== 'readiness' || typeof ready !== 'boolean' || !Array.isArray(reasons)) return null;
  if (!reasons.every((reason) => typeof reason === 'string')) return null;
  if (serving !== undefined && typeof serving !== 'boolean') return null;
  if (round !== undefined && !isCount(round)) return null;
  const healths = upstreams === undefined ? [] : decodeUpstreams(upstreams);
  const counted = connections === undefined ? [] : decodeConnections(connections);
  if (healths === null || counted === null) return null;
  return {
    ready,
    reasons: reasons.slice(0, REASONS_MAX),
    ...(serving === undefined ? {} : { serving }),
    ...(round === undefined ? {} : { round }),
    ...(upstreams === undefined ? {} : { upstreams: healths }),
    ...(connections === undefined ? {} : { connections: counted }),
  };
}

function decodeUpstreams(value: unknown): readonly UpstreamHealth[] | null {
  if (!Array.isArray(value) || value.length > UPSTREAMS_MAX) return null;
  const healths = value.map(decodeUpstream);
  return healths.includes(null) ? null : healths.filter((health) => health !== null);
}

/** Null unless the numbers are counts and fit together. */
function decodeUpstream(value: unknown): UpstreamHealth | null {
  if (typeof value !== 'object' || value === null) return null;
  const { name, up, unknown, total } = value as Record<string, unknown>;
  if (typeof name !== 'string' || name === '' || name.length > NAME_CHARS_MAX) return null;
  if (!isCount(up) || !isCount(unknown) || !isCount(total) || up + unknown > total) return null;
  return { name, up, unknown, total };
}
