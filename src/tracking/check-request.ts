import { parseObject } from './lines.ts';

/** What the agent asks of the balancer over agent.sock, one JSON object a line. */

/** Check every origin at once; `round` names the answer. */
export interface CheckRequest {
  readonly round: number;
}

/** The line, newline included. */
export function encodeCheckRequest({ round }: CheckRequest): string {
  return `${JSON.stringify({ type: 'check', round })}\n`;
}

/** Null for anything that is no such request; never throws. */
export function decodeCheckRequest(line: string): CheckRequest | null {
  const said = parseObject(line);
  if (said === null) return null;
  const { type, round } = said;
  const isRound = Number.isSafeInteger(round) && (round as number) > 0;
  return type === 'check' && isRound ? { round: round as number } : null;
}
