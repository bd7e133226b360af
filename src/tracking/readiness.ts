/**
 * What the balancer tells the agent over agent.sock, one JSON object a line. The connection itself
 * is the sign of life: when it closes, the balancer is dead (design section 4, Wiring).
 */
export interface Readiness {
  /** Ready once since its start: listeners bound and a first round of health checks done. */
  readonly ready: boolean;
  /** Why not, one operator-readable reason each. */
  readonly reasons: readonly string[];
}

/** Longest line either side accepts, bytes. */
export const READINESS_LINE_BYTES_MAX = 64 * 1024;
const REASONS_MAX = 100;

/** The line, newline included. */
export function encodeReadiness(readiness: Readiness): string {
  const reasons = readiness.reasons.slice(0, REASONS_MAX);
  return `${JSON.stringify({ type: 'readiness', ready: readiness.ready, reasons })}\n`;
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
  const { type, ready, reasons } = value as Record<string, unknown>;
  if (type !== 'readiness' || typeof ready !== 'boolean' || !Array.isArray(reasons)) return null;
  if (!reasons.every((reason) => typeof reason === 'string')) return null;
  return { ready, reasons: reasons.slice(0, REASONS_MAX) };
}
