import type { UpstreamHealth } from '../../keepalive/index.ts';

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
}

/** The balancer repeats its line this often, ms: a frozen one is told from a calm one. */
export const HEARTBEAT_MS = 1_000;

/** Longest line either side accepts, bytes: room for every upstream there can be. */
export const READINESS_LINE_BYTES_MAX = 256 * 1024;
const REASONS_MAX = 100;
const REASON_CHARS_MAX = 500;
const UPSTREAMS_MAX = 1024;
const NAME_CHARS_MAX = 63;

/** The line, newline included. */
export function encodeReadiness({ ready, reasons, serving, round, upstreams }: Readiness): string {
  const message = {
    type: 'readiness',
    ready,
    reasons: reasons.slice(0, REASONS_MAX).map((reason) => reason.slice(0, REASON_CHARS_MAX)),
    ...(serving === undefined ? {} : { serving }),
    ...(round === undefined ? {} : { round }),
    ...(upstreams === undefined ? {} : { upstreams: upstreams.slice(0, UPSTREAMS_MAX) }),
  };
  return `${JSON.stringify(message)}\n`;
}

/** Null for anything that is not a readiness message; never throws. */
export function decodeReadiness(line: string): Readiness | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { type, ready, reasons, serving, round, upstreams } = value as Record<string, unknown>;
  if (type !== 'readiness' || typeof ready !== 'boolean' || !Array.isArray(reasons)) return null;
  if (!reasons.every((reason) => typeof reason === 'string')) return null;
  if (serving !== undefined && typeof serving !== 'boolean') return null;
  if (round !== undefined && !isCount(round)) return null;
  const said = {
    ...(serving === undefined ? {} : { serving }),
    ...(round === undefined ? {} : { round }),
  };
  const readiness = { ready, reasons: reasons.slice(0, REASONS_MAX), ...said };
  if (upstreams === undefined) return readiness;
  if (!Array.isArray(upstreams) || upstreams.length > UPSTREAMS_MAX) return null;
  const healths = upstreams.map(decodeUpstream);
  return healths.includes(null)
    ? null
    : { ...readiness, upstreams: healths.filter((health) => health !== null) };
}

/** Null unless the numbers are counts and fit together. */
function decodeUpstream(value: unknown): UpstreamHealth | null {
  if (typeof value !== 'object' || value === null) return null;
  const { name, up, unknown, total } = value as Record<string, unknown>;
  if (typeof name !== 'string' || name === '' || name.length > NAME_CHARS_MAX) return null;
  if (!isCount(up) || !isCount(unknown) || !isCount(total) || up + unknown > total) return null;
  return { name, up, unknown, total };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
