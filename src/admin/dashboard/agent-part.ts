/** The agent and the pair as the dashboard shows them. Pure. */
import type {
  PairPathStatus,
  PairStatus,
  PeerRouterReport,
  RouterStatus,
  TrackerReading,
} from '../../../keepalive/index.ts';
import { drainText } from '../../cli/views/drain-view.ts';
import { duplicateView } from '../../cli/views/duplicate-view.ts';
import { duration } from '../../cli/views/duration.ts';
import { holdView, limitsOf, movesView, stateText } from '../../cli/views/moves-view.ts';
import { peerRemarks } from '../../cli/views/pair-view.ts';
import {
  routerConcerns,
  routerStanding,
  shareText,
  trackerName,
} from '../../cli/views/router-view.ts';
import type { AgentReport } from '../../control/agent-report.ts';
import type { AgentPart, HostRole, PeerPart, RouterPart, Tone } from './snapshot.ts';

/** `now`: ms since 1970. */
export function agentPart(report: AgentReport, now: number): AgentPart {
  const { node, uptimeMs, digest, hold, pair } = report;
  return {
    node,
    summary: `up ${duration(uptimeMs)}, config ${digest.slice(0, 12)}`,
    held: hold.own,
    holds: holdView(report),
    peer: pair === null ? null : peerPart(pair),
    routers: report.routers.map((router) => routerPart(router, report, now)),
  };
}

function peerPart(pair: PairStatus): PeerPart {
  return {
    name: pair.peer,
    connected: pair.connected,
    paths: pair.paths.map((path) => ({
      name: `${path.local} - ${path.remote}`,
      tone: path.connected ? 'good' : 'bad',
      text: pathText(path),
    })),
    remarks: pair.node === null ? [] : peerRemarks(pair.node),
  };
}

function pathText({ connected, forMs, roundTripMs, trouble }: PairPathStatus): string {
  if (!connected) return `not connected for ${duration(forMs)}: ${trouble ?? 'not yet'}`;
  const trip = roundTripMs === null ? '' : `, round trip ${roundTripMs.toFixed(2)}ms`;
  return `connected for ${duration(forMs)}${trip}`;
}

function routerPart(router: RouterStatus, report: AgentReport, now: number): RouterPart {
  const { name, vrid, transitions } = router;
  const { pair, uptimeMs } = report;
  const duplicates = report.duplicates.filter((one) => one.router === name);
  return {
    name,
    addresses: router.addresses.map((a) => `${a.address}/${a.prefixLength}`),
    where: `VRID ${vrid} on ${router.interface}`,
    roles: [ownRole(router, report.node), ...peerRoles(router, pair)],
    remarks: [
      ...movesView(router, pair),
      ...routerStanding(router),
      ...routerConcerns(router),
      ...duplicateView(duplicates).map((line) => line.trim().replace(`${name}: `, '')),
    ],
    active: router.state === 'Active',
    yielded: router.yielded,
    successor: pair?.peer ?? null,
    limits: limitsOf(router, pair),
    transitions: transitions.map(({ at, agoMs, from, to, why }) => ({
      key: `${name} ${at}`,
      at: Math.round(now - agoMs),
      ago: duration(agoMs),
      ...{ from, to, why },
    })),
    knownFrom: Math.round(now - uptimeMs),
  };
}

function ownRole(router: RouterStatus, node: string): HostRole {
  const { priority, waitingFor } = router;
  const state = stateText(router);
  return {
    host: node,
    self: true,
    state,
    tone: waitingFor !== null ? 'bad' : stateTone(state),
    since: duration(router.stateForMs),
    priority: priority.effective,
    configured: priority.configured,
    shares: priority.trackers.map((tracker) => ({
      name: trackerName(tracker),
      reason: tracker.reason,
      share: shareText(tracker),
      tone: shareTone(tracker),
    })),
  };
}

function shareTone({ effect }: TrackerReading): Tone {
  if (effect.type === 'none') return 'good';
  return effect.type === 'weight' ? (effect.weight < 0 ? 'warning' : 'good') : 'bad';
}

/** Of the host that the agents' connection tells of, or of whom adverts tell. */
function peerRoles(router: RouterStatus, pair: PairStatus | null): readonly HostRole[] {
  const { active } = router;
  const there = pair?.node?.report?.routers.find(({ name }) => name === router.name);
  if (pair?.connected && there !== undefined) return [toldRole(pair.peer, there)];
  const heard = active !== null && !active.self;
  if (pair === null && !heard) return [];
  const ago = heard && active.lastHeardMs !== null ? active.lastHeardMs : null;
  return [
    {
      host: pair?.peer ?? active!.address,
      self: false,
      state: heard ? 'Active' : 'not heard',
      tone: heard ? 'good' : 'warning',
      since: null,
      priority: heard ? active.priority : null,
      configured: null,
      shares: [
        {
          name: 'adverts',
          reason: ago === null ? 'none heard: not Active there' : `heard ${duration(ago)} ago`,
          share: null,
          tone: heard ? 'good' : 'warning',
        },
      ],
    },
  ];
}

function toldRole(host: string, there: PeerRouterReport): HostRole {
  const { priority, configured, reasons, handover } = there;
  const drain = handover?.drain ?? null;
  const state = stateText({ state: there.state, drain });
  const left = drain === null ? [] : [drainText({ ...drain, kinds: null })];
  const lowered = priority < configured;
  const say = (name: string, reason: string, tone: Tone) => ({ name, reason, share: null, tone });
  return {
    host,
    self: false,
    state,
    tone: stateTone(state),
    since: null,
    priority,
    configured,
    shares: [
      ...left.map((text) => say('drain', text, 'idle')),
      ...(handover?.onHold ? [say('hold', 'on hold', 'idle')] : []),
      ...reasons.map((text) => say('priority', text, lowered ? 'warning' : 'good')),
    ],
  };
}

function stateTone(state: string): Tone {
  if (state === 'Active') return 'good';
  return state === 'Initialize' ? 'bad' : 'idle';
}
