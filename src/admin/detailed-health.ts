/** `/health/detailed`: each part of this host and how it is, in words a check can compare. Pure. */
import type { AgentReport } from '../control/agent-report.ts';
import type { BalancerReport } from '../control/balancer-report.ts';

/** `degraded`: it does its work, and something is wrong that an operator should look at. */
export type PartState = 'ok' | 'degraded' | 'failed';

/** One part of this host. */
export interface PartHealth {
  /** Such as `balancer`, `upstream api`, `virtual router web`. */
  readonly part: string;
  readonly state: PartState;
  /** For a person. */
  readonly detail: string;
}

/** Everything, the worst of all as the whole's state. */
export interface DetailedHealth {
  readonly state: PartState;
  readonly parts: readonly PartHealth[];
}

/** Worst last. */
const STATES: readonly PartState[] = ['ok', 'degraded', 'failed'];

/**
 * Of both halves. `agent`: null, it does not answer; undefined, the config has none. A balancer that is
 * starting has no parts yet.
 */
export function detailedHealth(
  balancer: BalancerReport | null,
  agent: AgentReport | null | undefined,
): DetailedHealth {
  const parts = [
    ...(balancer === null ? [starting] : balancerParts(balancer)),
    ...(agent === undefined ? [] : agentParts(agent)),
  ];
  const worst = Math.max(...parts.map(({ state }) => STATES.indexOf(state)));
  return { state: STATES[worst]!, parts };
}

const starting: PartHealth = { part: 'balancer', state: 'failed', detail: 'it is starting' };

function balancerParts({ readiness, workers, upstreams }: BalancerReport): PartHealth[] {
  const { ready, reasons, warnings = [] } = readiness;
  const running = workers.filter(({ state }) => state === 'running').length;
  const said = [`${running} of ${workers.length} workers run`, ...reasons, ...warnings];
  const isWhole = warnings.length === 0 && running === workers.length;
  return [
    {
      part: 'balancer',
      state: !ready ? 'failed' : isWhole ? 'ok' : 'degraded',
      detail: said.join('; '),
    },
    ...upstreams.map(upstreamPart),
  ];
}

function upstreamPart({ name, panic, servers }: BalancerReport['upstreams'][number]): PartHealth {
  // What an operator has taken out is no fault.
  const used = servers.filter(({ down, draining }) => !down && !draining);
  const up = used.filter(({ checked, verdict }) => !checked || verdict === 'up').length;
  const state = up === 0 ? 'failed' : up < used.length || panic ? 'degraded' : 'ok';
  const alarm = panic ? '; so few that all are used' : '';
  return {
    part: `upstream ${name}`,
    state,
    detail: `${up} of ${used.length} servers are up${alarm}`,
  };
}

function agentParts(agent: AgentReport | null): PartHealth[] {
  if (agent === null) return [{ part: 'agent', state: 'failed', detail: 'it does not answer' }];
  const { pair } = agent;
  return [
    { part: 'agent', state: 'ok', detail: 'it answers' },
    ...agent.routers.map(routerPart),
    ...(pair === null ? [] : [pairPart(pair)]),
  ];
}

function routerPart(router: AgentReport['routers'][number]): PartHealth {
  const { name, state, priority, waitingFor } = router;
  const part = `virtual router ${name}`;
  if (waitingFor !== null) {
    return { part, state: 'failed', detail: `out of the election: ${waitingFor}` };
  }
  const { configured, effective } = priority;
  if (effective >= configured)
    return { part, state: 'ok', detail: `${state}, priority ${effective}` };
  const why = priority.trackers
    .filter(({ effect }) => (effect.type === 'weight' ? effect.weight < 0 : effect.type !== 'none'))
    .map(({ reason }) => reason);
  const lowered = `${state}, priority ${effective} of ${configured}`;
  return { part, state: 'degraded', detail: [lowered, ...why].join('; ') };
}

function pairPart({ peer, connected }: NonNullable<AgentReport['pair']>): PartHealth {
  const detail = connected ? `connected to ${peer}` : `not connected to ${peer}`;
  return { part: 'pair', state: connected ? 'ok' : 'degraded', detail };
}
