/**
 * Sync groups: virtual routers that move together (keepalived's `vrrp_sync_group`; RFC 9568 says
 * nothing of them). The addresses of both families of one router are such a group. Pure, as `step`:
 * what one member did makes orders for the others, and these are events like any other.
 *
 *     a member's down timer runs out    it is ready; when all that take part are ready or Active
 *                                       they claim in the same moment
 *     a member stops being Active       the Active ones become Backup
 *     a Backup hears an Active router   the Active ones become Backup; if it is better, they advertise
 *                                       once more, so that it announces in their place, too
 *     a member leaves the election      the group has the lowest priority there is, and goes on as
 *                                       long as nobody better does; ready members listen again
 *
 * So a host that hears its peer in one member only takes over in none, and two hosts that hear each
 * other in one member only settle it there for all.
 */
import type { TransitionReason } from './action.ts';
import type { GroupOrder, RouterEvent } from './event.ts';
import type { BackupState, RouterState, Standing } from './state.ts';
import { activeDownInterval } from './timers.ts';

/** One virtual router of a group. */
export interface GroupMember {
  readonly name: string;
  readonly state: RouterState;
}

/** What has just happened to a member. */
export interface GroupChange {
  /** Its position in the group; the first one decides ties between hosts. */
  readonly member: number;
  readonly event: RouterEvent;
  readonly before: RouterState['name'];
  /** Of its transition; null when there was none. */
  readonly reason: TransitionReason | null;
}

/** An order for the member at a position. */
export interface MemberOrder {
  readonly member: number;
  readonly event: RouterEvent & { type: 'group' };
}

/** The orders that follow from a change; `members` are as they are after it. */
export function groupOrders(
  members: readonly GroupMember[],
  change: GroupChange,
): readonly MemberOrder[] {
  const { event, before, reason } = change;
  const changed = members[change.member];
  // Orders went to every member that they concern, so what follows from one is on its way.
  if (changed === undefined || event.type === 'group') return [];
  const others = new Orders(members, change.member);
  if (event.type === 'shutdown') return event.cause === 'stop' ? [] : others.afterLoss();
  // An agreement is about all members, and each is told of it.
  if (reason?.code === 'handed-over') return [];
  if (before === 'Active' && changed.state.name === 'Backup') {
    // An old peer is told in each member, because silence in some is all it would hear.
    if (reason?.code === 'fell-behind') return others.toActive('resign');
    const better = reason?.code === 'peer-higher' && reason.heard.priority > reason.priority;
    if (better) return others.toActive('concede');
    return others.toActive('yield', change.member === 0 ? extraAfterTie(changed, reason) : 0);
  }
  if (changed.state.name === 'Backup' && follows(changed.state)) {
    return others.toActive(outranked(changed.state) ? 'concede' : 'yield');
  }
  return event.type === 'tick' && mayClaim(members) ? others.claim() : [];
}

/**
 * The standing of a whole group: its members advertise the same priority, the lowest of theirs, so
 * that no two of them can be decided differently.
 */
export function groupStanding(standings: readonly Standing[]): Standing {
  const waits = standings.flatMap(({ claimNotBefore }) => claimNotBefore ?? []);
  const holds = standings.flatMap(({ preemptNotBefore }) => preemptNotBefore ?? []);
  return {
    priority: Math.min(...standings.map(({ priority }) => priority)),
    claimNotBefore: waits.length === 0 ? null : Math.max(...waits),
    ...(holds.length === 0 ? {} : { preemptNotBefore: Math.max(...holds) }),
  };
}

/**
 * Two hosts of one priority may each have the greater address in another member: then each gives
 * way in one, so both in all. The one that lost in the first member waits twice as long for the
 * other, or they would claim and give way for ever. Of more than two, each round sends one more of
 * them to wait until the tie is over (`patience` in backup.ts), and never the greatest of the first member.
 */
function extraAfterTie({ state }: GroupMember, reason: TransitionReason | null): number {
  const { parameters, standing } = state;
  if (reason?.code !== 'peer-higher' || reason.heard.priority !== reason.priority) return 0;
  return activeDownInterval(parameters.version, standing.priority, parameters.advertIntervalMicros);
}

/** Somebody else is Active and neither silent nor to be replaced. */
function follows({ ready, downCause, followed }: BackupState): boolean {
  return !ready && downCause === 'silence' && followed !== null;
}

/**
 * By a better router, not only by one of our priority: there the addresses decide, in each member by
 * themselves.
 */
function outranked({ followed, standing }: BackupState): boolean {
  return followed !== null && followed.priority > standing.priority;
}

/** One that looks around after a stall does not know yet whether it is still Active. */
function mayClaim(members: readonly GroupMember[]): boolean {
  return members.every(({ state }) => {
    if (state.name === 'Active') return state.lookAroundUntil === null;
    return state.name === 'Initialize' || state.ready;
  });
}

class Orders {
  readonly #members: readonly GroupMember[];
  readonly #from: number;

  constructor(members: readonly GroupMember[], from: number) {
    this.#members = members;
    this.#from = from;
  }

  toActive(order: GroupOrder, extraMicros = 0): MemberOrder[] {
    return this.#to(order, ({ name }) => name === 'Active', extraMicros);
  }

  /** Itself, too. */
  claim(): MemberOrder[] {
    return this.#to('claim', (state) => state.name === 'Backup' && state.ready);
  }

  /**
   * What was left may be all that a ready member waited for, so it makes sure. An Active one needs
   * no order: its priority says what it is worth now. A strict Backup does not listen to that.
   */
  afterLoss(): MemberOrder[] {
    const listen = this.#to('listen', (state) => state.name === 'Backup' && state.ready);
    const resign = this.#to(
      'resign',
      (state) => state.name === 'Active' && state.parameters.strictRfc,
    );
    return [...listen, ...resign];
  }

  #to(order: GroupOrder, when: (state: RouterState) => boolean, extraMicros = 0): MemberOrder[] {
    const member = this.#members[this.#from]?.name ?? '';
    return this.#members.flatMap(({ state }, i) =>
      when(state) ? { member: i, event: { type: 'group', order, member, extraMicros } } : [],
    );
  }
}
