/** Everything that the page shows of one moment, from what both halves answered. Pure. */
import type { AgentReport } from '../../control/agent-report.ts';
import type { BalancerReport } from '../../control/balancer-report.ts';
import { detailedHealth, type PartState } from '../detailed-health.ts';
import { agentPart } from './agent-part.ts';
import { balancerPart } from './balancer-part.ts';
import type { Rates } from './rates.ts';
import type { Snapshot, Tone, TrafficPoint } from './snapshot.ts';

/** What is known at a moment. */
export interface Known {
  /** ms since 1970. */
  readonly at: number;
  readonly host: string;
  readonly version: string;
  /** Null: it is starting. */
  readonly balancer: BalancerReport | null;
  /** Null: it does not answer; undefined: the config has none. */
  readonly agent: AgentReport | null | undefined;
  /** They have looked at `balancer`. */
  readonly rates: Rates;
  readonly point: TrafficPoint | null;
}

const TONES: Readonly<Record<PartState, Tone>> = { ok: 'good', degraded: 'warning', failed: 'bad' };

/** See the file's comment. */
export function describe(known: Known): Snapshot {
  const { at, host, version, balancer, agent, rates, point } = known;
  const { state, parts } = detailedHealth(balancer, agent);
  return {
    ...{ at, host, version, point },
    tone: TONES[state],
    problems: parts
      .filter((part) => part.state !== 'ok')
      .map(({ part, state: how, detail }) => ({ part, tone: TONES[how], detail })),
    balancer: balancer === null ? null : balancerPart(balancer, rates, at),
    agent: agent === undefined ? null : agent === null ? 'silent' : agentPart(agent, at),
  };
}
