/** `tandem status` as text, the agent's half: pure, from what the two halves answered. */
import type { NotifyStatus, RouterStatus } from '../../../keepalive/index.ts';
import type { AgentReport } from '../../control/agent-report.ts';
import { tandemVersion } from '../../runtime/version.ts';
import { columns } from '../output.ts';
import { bfdView } from './bfd-view.ts';
import { configText } from './config-view.ts';
import { duplicateView } from './duplicate-view.ts';
import { duration } from './duration.ts';
import { holdView, movesView, stateText } from './moves-view.ts';
import { pairView } from './pair-view.ts';
import { routerConcerns, routerStanding, shareText, trackerName } from './router-view.ts';
import { cells, guarded, lines, optional, versionLines } from './told.ts';

/** Transitions shown per virtual router, newest first. */
const TRANSITIONS_SHOWN = 3;

/** The agent's part: who is Active, since when, why, and with which priority. */
export function agentView(answer: AgentReport, installed = tandemVersion()): string {
  const { report: status, missing } = guarded(answer);
  const text = [
    ...lines(() => holdView(status)),
    ...lines(() => routerTable(status)),
    ...lines(() => status.routers.flatMap((router) => routerDetails(router, status))),
    ...lines(() => duplicateView(status.duplicates)),
    ...lines(() => bfdView(status.bfd)),
    ...lines(() => pairView(status.pair)),
    ...lines(() => status.notify.flatMap(notifyText)),
    ...lines(() => journalText(status)),
    ...lines(() => [timingText(status)]),
  ];
  const [node, age, config] = cells(
    () => status.node,
    () => duration(status.uptimeMs),
    () => configText(status),
  );
  return [
    `agent on ${node}: up ${age}, ${config}`,
    ...versionLines(optional(answer, 'version'), installed, missing),
    ...text,
  ].join('\n');
}

function routerTable({ routers }: AgentReport): readonly string[] {
  const head = ['ROUTER', 'VRID', 'INTERFACE', 'STATE', 'FOR', 'PRIORITY', 'ACTIVE', 'ADDRESSES'];
  const rows = routers.map((router) =>
    cells(
      () => router.name,
      () => String(router.vrid),
      () => router.interface,
      () => stateText(router),
      () => duration(router.stateForMs),
      () => priorityText(router),
      () => activeText(router),
      () => router.addresses.map((a) => `${a.address}/${a.prefixLength}`).join(' '),
    ),
  );
  return columns([head, ...rows]);
}

/** A notify command deserves a line while somebody may be waiting to be told. */
function notifyText({ router, running, waiting, last }: NotifyStatus): string[] {
  if (last !== null && !last.passed) {
    const said = last.output === '' ? '' : `: ${last.output.split('\n')[0]}`;
    return [`  ${router}: notify command for ${last.state} failed${said}`];
  }
  return running ? [`  ${router}: notify command is running, ${waiting} more wait`] : [];
}

function journalText({ journal }: AgentReport): string[] {
  if (journal === null || journal.dropped === 0) return [];
  const why = journal.error === null ? '' : ` (${journal.error})`;
  return [`journal ${journal.path}: ${journal.dropped} lines are missing${why}`];
}

function timingText({ timing, timerLateness }: AgentReport): string {
  const { maxMs, recent } = timerLateness;
  const refused = timing.realTimeRefusal === null ? '' : ` (${timing.realTimeRefusal})`;
  const priority = timing.realTime ? 'real-time priority' : `no real-time priority${refused}`;
  const lately = `late by ${recent.p99Ms}ms (p99) and ${recent.maxMs}ms at most lately`;
  return `timing: ${priority}; ${lately}, ${maxMs}ms ever`;
}

function priorityText({ priority }: RouterStatus): string {
  const { configured, effective } = priority;
  return configured === effective ? String(effective) : `${effective} (configured ${configured})`;
}

function activeText({ active, state }: RouterStatus): string {
  if (active === null) return state === 'Initialize' ? '-' : 'nobody heard yet';
  if (active.self) return 'this node';
  const heard = active.lastHeardMs === null ? '' : `, heard ${duration(active.lastHeardMs)} ago`;
  return `${active.address} (priority ${active.priority}${heard})`;
}

/** What deserves a line of its own: why it waits, what each tracker says, what happened last. */
function routerDetails(router: RouterStatus, status: AgentReport): string[] {
  const trackers = () =>
    router.priority.trackers.map(
      (tracker) => `${trackerName(tracker)}: ${tracker.reason} (${shareText(tracker)})`,
    );
  const past = () =>
    router.transitions
      .slice(-TRANSITIONS_SHOWN)
      .reverse()
      .map(({ from, to, agoMs, why }) => `${duration(agoMs)} ago: ${from} -> ${to}: ${why}`);
  const [name] = cells(() => router.name);
  return [
    ...lines(() => movesView(router, status.pair)),
    ...lines(() => routerStanding(router)),
    ...lines(trackers),
    ...lines(() => routerConcerns(router)),
    ...lines(past),
  ].map((text) => `  ${name}: ${text}`);
}
