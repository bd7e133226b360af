/** Who had the addresses, and when: a bar, and each change with its reason. Pure. */
import type { RouterPart, TransitionRow } from '../snapshot.ts';
import { clock } from './marks.ts';
import { h, type VNode } from './vnode.ts';

/** The bar shows at most so long, ms. */
const SPAN_MAX_MS = 24 * 3_600_000;
const WIDTH = 1000;
/** So that a short time is seen at all. */
const SEGMENT_MIN = 3;
/** Changes that are always seen; older ones are folded away. */
const CHANGES_SHOWN = 5;

/** `here`: this host had them; `there`: it was a Backup; `out`: it took no part. */
export type Holder = 'here' | 'there' | 'out';

/** A time without a change, ms since 1970. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly holder: Holder;
}

function holderOf(state: string): Holder {
  if (state === 'Active') return 'here';
  return state === 'Initialize' ? 'out' : 'there';
}

/** What is known of the last day, oldest first, without gaps. `state`: as it is now. */
export function segmentsOf(
  { transitions, knownFrom, active }: Pick<RouterPart, 'transitions' | 'knownFrom' | 'active'>,
  now: number,
): readonly Segment[] {
  const first = transitions[0];
  const begin = Math.max(Math.min(knownFrom, first?.at ?? knownFrom), now - SPAN_MAX_MS);
  const segments: Segment[] = [];
  let from = begin;
  let holder: Holder = first === undefined ? (active ? 'here' : 'there') : holderOf(first.from);
  for (const { at, to } of transitions) {
    const end = Math.max(at, begin);
    if (end > from) segments.push({ from, to: end, holder });
    from = end;
    holder = holderOf(to);
  }
  if (now > from) segments.push({ from, to: now, holder });
  return segments;
}

/** The bar and the list. */
export function timelineView(router: RouterPart, host: string, now: number): VNode {
  const segments = segmentsOf(router, now);
  const begin = segments[0]?.from ?? now;
  const x = (at: number) => ((at - begin) / Math.max(1, now - begin)) * WIDTH;
  const newest = [...router.transitions].reverse();
  const older = newest.slice(CHANGES_SHOWN);
  const others = router.successor ?? 'another host';
  const legend = { here: host, there: `${others} or nobody`, out: 'out of the election' } as const;
  const used = (['here', 'there', 'out'] as const).filter((holder) =>
    segments.some((segment) => segment.holder === holder),
  );
  const count = router.transitions.length;
  const changes = count === 1 ? '1 change' : `${count} changes`;
  return h(
    'div',
    { class: 'timeline' },
    h(
      'svg',
      {
        viewBox: `0 0 ${WIDTH} 16`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': `Holder of ${router.name} since ${moment(begin)}, ${changes}, listed below`,
      },
      segments.map(({ from, to, holder }) =>
        h('rect', {
          class: holder,
          x: x(from).toFixed(1),
          y: 0,
          width: Math.max(SEGMENT_MIN, x(to) - x(from)).toFixed(1),
          height: 16,
        }),
      ),
    ),
    h(
      'p',
      { class: 'scale' },
      h('span', {}, moment(begin)),
      h(
        'span',
        { class: 'holders' },
        used.map((holder) => h('span', { class: `holder ${holder}`, key: holder }, legend[holder])),
      ),
      h('span', {}, moment(now)),
    ),
    newest.length === 0
      ? h('p', { class: 'muted' }, "no change since the agent's start")
      : h('ol', { class: 'changes' }, newest.slice(0, CHANGES_SHOWN).map(changeView)),
    older.length === 0
      ? null
      : h(
          'details',
          {},
          h('summary', {}, `${older.length} earlier`),
          h('ol', { class: 'changes' }, older.map(changeView)),
        ),
  );
}

function changeView({ key, at, ago, from, to, why }: TransitionRow): VNode {
  return h(
    'li',
    { key },
    h('time', { datetime: new Date(at).toISOString() }, moment(at)),
    h('span', { class: 'ago' }, `${ago} ago`),
    h('span', { class: 'change' }, `${from} → ${to}`),
    h('span', { class: 'why' }, why),
  );
}

/** With the day where it is another one than today. */
function moment(at: number): string {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? clock(at) : `${date.toLocaleDateString()} ${clock(at)}`;
}
