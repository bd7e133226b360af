/** What became of an order to hand over, as text. Pure. */
import type { HandoverResult, RouterStatus } from '../../../keepalive/index.ts';
import type { AgentReport } from '../../control/agent-report.ts';
import type { EndedDrain, WatchEnd } from '../drain-watch.ts';
import { drainText, type Left, lastDrainText } from './drain-view.ts';

/** One line for routers that move together. */
export function resultText({ routers, outcome, reason, to }: HandoverResult): string {
  const names = routers.join(', ');
  if (outcome === 'given')
    return `${names}: given to ${to ?? 'the peer'}; its connections go on here`;
  // Of several that move together, the reason says which one it is about.
  const [name] = routers;
  const alone = routers.length === 1 && reason?.startsWith(`${name}: `);
  return `${names}: refused: ${alone ? reason?.slice(`${name}: `.length) : reason}`;
}

/** An earlier order gave it away, and whoever orders it again wants to know how that ends. */
export function wasGiven({ drain, lastDrain, yielded }: RouterStatus): boolean {
  return drain !== null || (yielded && lastDrain !== null);
}

/** Why there was nothing to give, and where there is. */
export function notActiveText(router: RouterStatus, { pair }: AgentReport): string {
  const { name, state, active, waitingFor, drain } = router;
  const there = pair?.node?.report?.routers.find((one) => one.name === name);
  if (wasGiven(router)) {
    const left = drain === null ? '' : `; here ${drainText(drain)}`;
    return `${name}: ${pair?.peer ?? 'the peer'} has it already${left}`;
  }
  if (pair !== null && there?.state === 'Active') {
    return `${name} is ${state} here; ${pair.peer} is Active: run it there`;
  }
  if (waitingFor !== null) return `${name} is out of the election here: ${waitingFor}`;
  if (active !== null && !active.self)
    return `${name} is ${state} here; ${active.address} is Active`;
  return `${name} is ${state} here, and no Active host is known`;
}

/** The end of waiting, in one line a router or one for all. */
export function watchEndTexts(end: WatchEnd): string[] {
  switch (end.type) {
    case 'over':
      return end.drains.map(endedText);
    case 'interrupted':
      return [`not waiting any more; the drain goes on${leftText(end)}`, AGAIN];
    case 'timeout':
      return [`not drained within --timeout; the drain goes on${leftText(end)}`, AGAIN];
    case 'lost':
      return [
        `the agent does not answer any more: ${end.why}; if it has ended, so has the drain${leftText(end)}`,
      ];
  }
}

const AGAIN = '`tandem handover` waits for it again, `tandem status` shows it';

function leftText({ left }: { readonly left: Left | null }): string {
  return left === null ? '' : `: ${drainText(left)}`;
}

function endedText({ router, last }: EndedDrain): string {
  if (last === null) return `${router}: how its drain ended is not known: the agent was restarted`;
  return `${router}: ${lastDrainText(last)}`;
}

/** Every connection of these ended by itself. */
export function isDrained(end: WatchEnd): boolean {
  return end.type === 'over' && end.drains.every(({ last }) => last?.how === 'empty');
}

/** What brings the addresses back; routers that come back by themselves are not told. */
export function yieldedText(routers: readonly RouterStatus[], peer: string): string | null {
  const names = routers.flatMap(({ name, yielded }) => (yielded ? [name] : []));
  if (names.length === 0) return null;
  return (
    `${names.join(', ')}: stays with ${peer} while that one is well; to have it back: \`tandem handover\` ` +
    `on ${peer}, or here \`tandem hold --release\``
  );
}
