/** `tandem status` as text: how addresses move, or moved, without breaking connections. Pure. */
import type { PairStatus, RouterStatus } from '../../../keepalive/index.ts';
import type { AgentReport } from '../../control/agent-report.ts';
import { drainText, lastDrainText } from './drain-view.ts';
import { duration } from './duration.ts';
import { optional } from './told.ts';

/** A drain that went well is of interest for so long, ms. */
const PAST_SHOWN_MS = 3_600_000;

/** What an operator calls the state: a Backup that still has connections drains. */
export function stateText({
  state,
  drain,
}: {
  readonly state: RouterStatus['state'];
  readonly drain: object | null;
}): string {
  return drain === null ? state : 'Draining';
}

/** Whether an operator holds a node; nothing while none does. */
export function holdView({ hold, pair }: Pick<AgentReport, 'hold' | 'pair'>): string[] {
  const what = 'no host takes addresses from one that is well';
  const since = hold.forMs === null ? '' : ` for ${duration(hold.forMs)}`;
  const peer = pair?.peer ?? 'the peer';
  return [
    ...(hold.own
      ? [`on hold${since}: ${what}; \`tandem hold --release\` here lets them move again`]
      : []),
    ...(hold.peer
      ? [`${peer} is on hold: ${what}; \`tandem hold --release\` there lets them move again`]
      : []),
  ];
}

/** What a router has to say about handovers, a line each. */
export function movesView(router: RouterStatus, pair: PairStatus | null): string[] {
  const { drain, lastDrain, secondChance, yielded } = router;
  const peer = pair?.peer ?? 'the peer';
  const lines: string[] = [];
  if (drain !== null) {
    lines.push(
      `draining for ${duration(drain.forMs)}: ${peer} has the addresses (VRRP: ${router.state})`,
    );
    lines.push(drainText(drain));
  } else if (lastDrain !== null && isOfInterest(lastDrain)) {
    lines.push(`${duration(lastDrain.agoMs)} ago: ${lastDrainText(lastDrain)}`);
  }
  if (secondChance !== null) {
    const { packets, bytes } = secondChance;
    const host = pair === null ? secondChance.peer : `${peer} (${secondChance.peer})`;
    lines.push(
      `passes strangers' packets to ${host}: ${number(packets)} packets, ${number(bytes)} bytes`,
    );
  }
  if (yielded) {
    lines.push(
      `given up by an operator: not taken back while ${peer} is well, until \`tandem handover\` there or ` +
        '`tandem hold --release` here',
    );
  }
  return [...lines, ...limitsOf(router, pair)];
}

function isOfInterest({ how, agoMs }: NonNullable<RouterStatus['lastDrain']>): boolean {
  // That it has the addresses again is in its state.
  return how !== 'claimed' && (how === 'timeout' || agoMs < PAST_SHOWN_MS);
}

/** What a planned switch would break, and why; nothing when it breaks nothing. */
export function limitsOf(router: RouterStatus, pair: PairStatus | null): string[] {
  const { noHandover, handoverBreaks, cannotPassOn } = router;
  // One that is alone has nobody to switch to.
  if (noHandover === 'without another node') return [];
  const why = noHandover ?? trouble(router, pair);
  if (why !== null) return [`a planned switch breaks every connection ${why}`];
  if (cannotPassOn !== null) {
    const reason = cannotPassOn.replace(/^nftables: (Error: )?/, '');
    return [
      `a planned switch to this host breaks every connection: it cannot pass packets on (nftables: ${reason})`,
    ];
  }
  if (handoverBreaks.length === 0) return [];
  const s = handoverBreaks.length === 1 ? '' : 's';
  const names = handoverBreaks.join(', ');
  return [
    `a planned switch breaks the connections of the listener${s} ${names}: bound to the addresses`,
  ];
}

/** What stands against one just now. */
function trouble({ name, lease }: RouterStatus, pair: PairStatus | null): string | null {
  if (!lease.open) return 'without a lease';
  if (pair === null) return 'without pair';
  if (!pair.connected) return 'while the agents are not connected';
  const report = pair.node?.report?.routers;
  const there = report?.find((one) => one.name === name);
  if (report !== undefined && there === undefined)
    return `while ${pair.peer} has no ${name} in its file`;
  if (there === undefined || optional(there, 'handover') !== undefined) return null;
  return `while ${pair.peer} has none by agreement (its file, or its Tandem is too old)`;
}

/** `1,234,567`. */
function number(value: number): string {
  return value.toLocaleString('en-US');
}
