import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TransitionReason } from './action.ts';
import type { RouterEvent } from './event.ts';
import { INTERVAL, Story } from './story.case.ts';
import { type GroupChange, groupOrders, groupStanding } from './sync-group.ts';
import { activeDownInterval } from './timers.ts';

/** One host's group, IPv4 first, driven as the agent drives it. */
class GroupStory {
  readonly v4: Story;
  readonly v6: Story;
  /** Orders given so far. */
  readonly orders: string[] = [];

  constructor(options: { strictRfc?: boolean; peer?: 'other'; preempt?: boolean } = {}) {
    this.v4 = new Story({ grouped: true, ...options });
    this.v6 = new Story({ grouped: true, ...options });
    this.do(this.v4, (story) => story.startup());
    this.do(this.v6, (story) => story.startup());
  }

  get states(): string[] {
    return [this.v4.name, this.v6.name];
  }

  get ready(): boolean[] {
    return [this.v4, this.v6].map(({ state }) => state.name === 'Backup' && state.ready);
  }

  /** One event for a member, and the orders that follow from it. */
  do(story: Story, act: (story: Story) => void, event?: RouterEvent): this {
    const before = story.name;
    act(story);
    const reason: TransitionReason | null =
      story.lastActions.find((action) => action.type === 'transition')?.reason ?? null;
    const member = story === this.v4 ? 0 : 1;
    this.#obey({ member, event: event ?? { type: 'tick' }, before, reason });
    return this;
  }

  hear(story: Story, priority: number, source?: Uint8Array): this {
    const heard = { priority, intervalMicros: 0, source: new Uint8Array(4), at: 0 };
    const event = { type: 'advertisement', heard, localAddress: heard.source } as const;
    return this.do(story, () => story.hear(priority, source), event);
  }

  leave(story: Story, cause: 'stop' | 'no-source-address' = 'no-source-address'): this {
    const event = { type: 'shutdown', cause } as const;
    return this.do(story, () => story.apply(event), event);
  }

  /** Time passes in both; each member's deadline is met. */
  pass(micros: number): this {
    for (const story of [this.v4, this.v6]) {
      story.pass(micros);
      this.do(story, () => story.tick());
    }
    return this;
  }

  /** Both Active: nobody was heard. */
  elected(): this {
    return this.pass(400_000);
  }

  #obey(change: GroupChange): void {
    const members = [
      { name: 'web', state: this.v4.state },
      { name: 'web.ipv6', state: this.v6.state },
    ];
    for (const { member, event } of groupOrders(members, change)) {
      this.orders.push(`${event.order} ${member}`);
      (member === 0 ? this.v4 : this.v6).apply(event);
    }
  }
}

describe('a sync group', () => {
  it('claims in the moment in which its last member may', () => {
    const group = new GroupStory();
    group.v4.pass(400_000);
    group.do(group.v4, (story) => story.tick());
    expect([group.states, group.ready]).toEqual([
      ['Backup', 'Backup'],
      [true, false],
    ]);
    group.v6.pass(400_000);
    group.do(group.v6, (story) => story.tick());
    expect(group.states).toEqual(['Active', 'Active']);
  });

  it('stays Backup while one member hears the Active router, however long the other does not', () => {
    const group = new GroupStory({ preempt: false });
    for (let i = 0; i < 50; i++) group.hear(group.v4, 250).pass(90_000);
    expect(group.states).toEqual(['Backup', 'Backup']);
    expect(group.ready).toEqual([false, true]);
    group.pass(240_000);
    expect(group.states).toEqual(['Active', 'Active']);
  });

  it('a ready member that hears the Active router again has to wait again', () => {
    const group = new GroupStory();
    group.v6.pass(400_000);
    group.do(group.v6, (story) => story.tick()).hear(group.v6, 250);
    expect(group.ready).toEqual([false, false]);
    group.v4.pass(400_000);
    group.do(group.v4, (story) => story.tick());
    expect(group.states).toEqual(['Backup', 'Backup']);
  });

  it('gives way in all members when one hears a better router', () => {
    const group = new GroupStory().elected();
    group.hear(group.v6, 250);
    expect(group.states).toEqual(['Backup', 'Backup']);
    expect(group.v4.lines.at(-1)).toContain('together with web.ipv6, of the same sync group');
    // Once more, so that the better router announces in this member, too.
    expect(group.v4.did).toEqual(['send 200', 'remove-addresses']);
  });

  it('does not let a member be Active beside one that follows another host', () => {
    const group = new GroupStory().elected();
    group.leave(group.v6);
    expect(group.states).toEqual(['Active', 'Initialize']);
    group.do(group.v6, (story) => story.startup()).hear(group.v6, 250);
    expect(group.states).toEqual(['Backup', 'Backup']);
  });

  it('lets a returning member join the Active one when nobody else speaks in it', () => {
    const group = new GroupStory().elected();
    group.leave(group.v6).do(group.v6, (story) => story.startup());
    expect(group.states).toEqual(['Active', 'Backup']);
    group.v6.pass(400_000);
    group.do(group.v6, (story) => story.tick());
    expect(group.states).toEqual(['Active', 'Active']);
  });

  it('makes sure that a ready member hears nobody when the one that did has left', () => {
    const group = new GroupStory();
    group.hear(group.v4, 250).pass(90_000).hear(group.v4, 250).pass(300_000);
    group.hear(group.v4, 250);
    group.v6.pass(100_000);
    group.do(group.v6, (story) => story.tick());
    expect(group.ready).toEqual([false, true]);
    group.leave(group.v4);
    expect([group.ready, group.orders]).toEqual([[false, false], ['listen 1']]);
    group.v6.pass(400_000);
    group.do(group.v6, (story) => story.tick());
    expect(group.states).toEqual(['Initialize', 'Active']);
  });

  it('goes on with what is left of it, unless its peer would not notice: then it resigns', () => {
    const tandem = new GroupStory().elected();
    tandem.leave(tandem.v6);
    expect(tandem.states).toEqual(['Active', 'Initialize']);
    const strict = new GroupStory({ strictRfc: true }).elected();
    strict.leave(strict.v6);
    expect(strict.states).toEqual(['Backup', 'Initialize']);
    expect(strict.v4.did).toEqual(['send 0', 'remove-addresses']);
  });

  it('has nothing to say when the agent stops: each member resigns by itself', () => {
    const group = new GroupStory({ strictRfc: true }).elected();
    group.orders.length = 0;
    group.leave(group.v4, 'stop').leave(group.v6, 'stop');
    expect(group.orders).toEqual([]);
    expect([group.v4, group.v6].map(({ did }) => did[0])).toEqual(['send 0', 'send 0']);
  });

  it('peer: other: resigns in every member, because silence in some is no signal', () => {
    const group = new GroupStory({ peer: 'other' }).elected();
    group.do(group.v4, (story) => story.standing(80));
    expect(group.states).toEqual(['Backup', 'Backup']);
    expect([group.v4, group.v6].map(({ did }) => did[0])).toEqual(['send 0', 'send 0']);
  });

  it('waits longer after a tie lost in the first member, so that two hosts do not mirror', () => {
    const waits = (member: 'v4' | 'v6') => {
      const group = new GroupStory().elected();
      group.hear(group[member], 200, Uint8Array.of(255, 255, 255, 255));
      expect(group.states).toEqual(['Backup', 'Backup']);
      const { state, now } = member === 'v4' ? group.v6 : group.v4;
      return state.name === 'Backup' ? state.activeDownAt - now : 0;
    };
    expect(waits('v4')).toBe(2 * waits('v6'));
  });

  it('stands back for as long as a tie of three lasts, and no longer', () => {
    const [second, winner] = [Uint8Array.of(255, 0, 0, 2), Uint8Array.of(255, 0, 0, 3)];
    const group = new GroupStory().elected();
    group.hear(group.v4, 200, winner);
    const usual = activeDownInterval(3, 200, INTERVAL);
    const wait = () => {
      const { state, now } = group.v6;
      return state.name === 'Backup' ? state.activeDownAt - now : 0;
    };
    // The others go on claiming together and giving way to each other.
    for (let round = 0; round < 5; round++) {
      for (const source of [winner, second, winner]) group.hear(group.v6, 200, source);
      expect([wait(), group.states]).toEqual([2 * usual, ['Backup', 'Backup']]);
      group.hear(group.v4, 200, winner).pass(usual);
      expect(group.ready).toEqual([true, false]);
    }
    // One of them stays, and then dies: that costs no more than usual.
    group.hear(group.v6, 200, winner).hear(group.v4, 200, winner).pass(INTERVAL);
    group.hear(group.v6, 200, winner).hear(group.v4, 200, winner);
    expect(wait()).toBe(usual);
    expect(group.pass(usual).states).toEqual(['Active', 'Active']);
  });

  it('is worth as much as its least member, and claims when all may', () => {
    const standing = (priority: number, claimNotBefore: number | null) => ({
      priority,
      claimNotBefore,
    });
    expect(groupStanding([standing(200, null), standing(80, null)])).toEqual(standing(80, null));
    expect(groupStanding([standing(2, 5), standing(80, 7)])).toEqual(standing(2, 7));
    expect(groupStanding([standing(200, null), standing(80, 7)])).toEqual(standing(80, 7));
  });

  it('whatever is heard, leaves no member Active beside one that follows another', () => {
    const act = fc.record({
      v4: fc.boolean(),
      what: fc.constantFrom('hear', 'leave', 'start', 'pass'),
      priority: fc.integer({ min: 0, max: 254 }),
      micros: fc.integer({ min: 1, max: 400_000 }),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), fc.boolean(), (acts, preempt) => {
        const group = new GroupStory({ preempt });
        for (const { v4, what, priority, micros } of acts) {
          const story = v4 ? group.v4 : group.v6;
          if (what === 'hear') group.hear(story, priority);
          else if (what === 'leave') group.leave(story);
          else if (what === 'start') group.do(story, () => story.startup());
          else group.pass(micros);
          const members = [group.v4, group.v6].map(({ state }) => state);
          const following = members.some(
            (state) =>
              state.name === 'Backup' &&
              state.downCause === 'silence' &&
              state.followed !== null &&
              !state.ready,
          );
          expect(following && members.some(({ name }) => name === 'Active')).toBe(false);
        }
      }),
    );
  });
});
