import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BackupState, RouterParameters } from './state.ts';
import { nextDeadline } from './state.ts';
import { INTERVAL, PEER, Story } from './story.case.ts';
import { activeDownInterval } from './timers.ts';
import type { HolderAnswer } from './vouching.ts';

const ADI = activeDownInterval(3, 100, INTERVAL);

/** A Backup of priority 100 that has heard the Active router (200) at 10 ms. */
function following(parameters: Partial<RouterParameters> = {}): Story {
  const story = new Story({ asksPeer: true, ...parameters }, { priority: 100 });
  return story.startup().pass(10_000).hear(200);
}

const backup = ({ state }: Story): BackupState => {
  if (state.name !== 'Backup') throw new Error(`is ${state.name}`);
  return state;
};

describe('a Backup that misses two advertisements', () => {
  it('asks, a quarter of an interval after the second one', () => {
    const story = following();
    const heardAt = story.now;
    story.wait();
    expect(story.did).toEqual(['ask-peer']);
    expect(story.now - heardAt).toBe(2.25 * INTERVAL);
    expect(nextDeadline(story.state)).toBe(heardAt + ADI);
  });

  it('claims after Active_Down_Interval to the microsecond when nobody answers', () => {
    const asking = following().wait().wait();
    const silent = following({ asksPeer: false }).wait();
    expect([asking.name, asking.now]).toEqual(['Active', silent.now]);
  });

  it('waits with an answer that vouches, and asks once an interval, as long as one comes', () => {
    const story = following().wait();
    for (let answers = 1; answers <= 5; answers += 1) {
      const asked = story.now;
      story.pass(5_000).answer();
      expect(backup(story).vouched?.answers).toBe(answers);
      story.wait();
      expect([story.did, story.now]).toEqual([['ask-peer'], asked + INTERVAL]);
    }
  });

  it('claims one Active_Down_Interval after the first question that is not answered any more', () => {
    const story = following().wait().answer().wait();
    const unanswered = story.now;
    const questions = story.wait().wait().wait().lines.slice(-3);
    expect(questions.every((line) => line.includes('ask-peer'))).toBe(true);
    expect([story.wait().name, story.now]).toEqual(['Active', unanswered + ADI]);
  });

  it.each<[string, Partial<HolderAnswer>]>([
    ['is not Active', { state: 'Backup' }],
    ['is out of the election', { state: 'Initialize' }],
    ['has no lease', { leaseArmed: false }],
    ['does not reach the witness', { witness: false }],
    ['is sicker than this one', { priority: 2 }],
  ])('claims as ever when the peer %s', (_, answer) => {
    const story = following().wait();
    const { activeDownAt } = backup(story);
    story.pass(1_000).answer(answer);
    expect(backup(story)).toMatchObject({ activeDownAt, vouched: null });
    expect(story.wait().name).toBe('Active');
  });

  it('leaves the addresses to a peer that is just as sick', () => {
    const story = following().standing(2).wait().answer({ priority: 2 });
    expect(backup(story).vouched?.answers).toBe(1);
  });

  it('that was given late counts from then, for the peer may have frozen right after it', () => {
    const story = following().standing(1).wait();
    story.pass(1.5 * INTERVAL).answer();
    const answered = story.now;
    // The next question is due already, and the lease is over before the claim.
    expect(story.tick().did).toEqual(['ask-peer']);
    const down = activeDownInterval(3, 1, INTERVAL);
    while (story.name === 'Backup') story.wait();
    expect(story.now).toBe(answered + down);
  });

  it('does not take an answer to an earlier question', () => {
    const story = following().wait();
    const { asked } = backup(story);
    const answer = { state: 'Active', priority: 200, leaseArmed: true, witness: true } as const;
    story.pass(1_000).hear(200).wait();
    expect(backup(story).asked).not.toBe(asked);
    const { activeDownAt } = backup(story);
    story.apply({ type: 'peer-answer', asked: asked!, answer });
    expect(backup(story)).toMatchObject({ activeDownAt, vouched: null });
  });

  it('counts an advertisement as the end of the matter', () => {
    const story = following().wait().answer().pass(20_000).hear(200);
    expect(backup(story)).toMatchObject({ vouched: null, asked: null });
  });
});

describe('who asks', () => {
  it('a Backup that has never heard anybody', () => {
    const story = new Story({ asksPeer: true }).startup().wait();
    expect(story.did).toEqual(['ask-peer']);
    expect(backup(story.answer()).vouched?.answers).toBe(1);
  });

  it('one that was held back until now', () => {
    const story = new Story({ asksPeer: true }, { priority: 1, claimNotBefore: 30_000_000 });
    story.startup().wait().wait().wait();
    expect(story.lines.filter((line) => line.includes('ask-peer'))).toHaveLength(2);
    expect(backup(story).held).toBe(true);
    story.standing(100).tick();
    expect(story.did).toEqual(['ask-peer']);
    expect(backup(story.answer()).activeDownAt).toBe(story.now + INTERVAL + ADI);
  });

  it('nobody, when the Active router resigned or is the worse one', () => {
    expect(following().pass(10_000).hear(0).wait().name).toBe('Active');
    const better = new Story({ asksPeer: true }).startup().hear(100);
    expect(better.wait().name).toBe('Active');
  });

  it('one that BFD misled, at once; the answer undoes what BFD did', () => {
    const story = following().pass(20_000).lose().tick();
    expect(story.did).toEqual(['ask-peer']);
    const asked = story.now;
    const { followed, activeDownAt } = backup(story.pass(1_000).answer());
    expect([followed?.source, activeDownAt]).toEqual([PEER, asked + INTERVAL + ADI]);
  });

  it('one whom BFD tells the truth loses no time', () => {
    const asking = following().pass(20_000).lose().tick().wait();
    const silent = following({ asksPeer: false }).pass(20_000).lose().wait();
    expect([asking.name, asking.now]).toEqual(['Active', silent.now]);
  });
});

describe('a process that did not run', () => {
  it('asks before it claims when it slept through its question', () => {
    const story = following();
    story.now = backup(story).activeDownAt + 1_000;
    story.tick();
    expect(story.did).toEqual(['ask-peer']);
    expect(backup(story).activeDownAt).toBe(story.now + INTERVAL / 4);
    expect(story.wait().name).toBe('Active');
  });

  it('listens first when it was late by more than an interval, then asks', () => {
    const story = following();
    story.now = backup(story).activeDownAt + 5 * INTERVAL;
    story.tick().wait();
    expect(story.did).toEqual(['ask-peer']);
    expect(story.wait().name).toBe('Active');
  });
});

it('a member of a sync group that is ready asks no more, and takes no answer', () => {
  const story = following({ grouped: true }).wait();
  const { asked } = backup(story);
  story.wait();
  expect(backup(story)).toMatchObject({ ready: true, asked });
  story.answer();
  expect(backup(story).ready).toBe(true);
  expect(nextDeadline(story.state)).toBeNull();
});

describe('properties', () => {
  const moves = fc.array(
    fc.oneof(
      fc.record({ pass: fc.integer({ min: 0, max: 2 * INTERVAL }) }),
      fc.record({ hear: fc.constantFrom(0, 50, 200) }),
      fc.record({ standing: fc.constantFrom(1, 2, 100, 250) }),
      fc.constantFrom<'wait' | 'vouch' | 'no' | 'lose'>('wait', 'vouch', 'no', 'lose'),
    ),
    { maxLength: 40 },
  );

  it('without a vouching answer the peer is asked in vain: everything happens as without asking', () => {
    fc.assert(
      fc.property(moves, (steps) => {
        const [asking, plain] = [following(), following({ asksPeer: false })];
        for (const step of steps) {
          if (step === 'vouch') continue;
          if (step === 'no') asking.answer({ witness: false });
          else if (step === 'lose') for (const story of [asking, plain]) story.lose();
          else if (step === 'wait') {
            // In time for every question: what a stall does is told above.
            plain.wait();
            while ((nextDeadline(asking.state) ?? plain.now) < plain.now) {
              asking.now = Math.max(asking.now, nextDeadline(asking.state)!);
              asking.tick();
            }
            asking.now = plain.now;
            asking.tick();
          } else if ('hear' in step) for (const story of [asking, plain]) story.hear(step.hear);
          else if ('standing' in step) {
            for (const story of [asking, plain]) story.standing(step.standing);
          }
          expect([asking.name, asking.now]).toEqual([plain.name, plain.now]);
        }
      }),
    );
  });

  it('an answer never lets a Backup wait longer than an interval more than an advertisement would', () => {
    fc.assert(
      fc.property(moves, (steps) => {
        const story = following();
        for (const step of steps) {
          if (story.name !== 'Backup') return;
          if (step === 'vouch' || step === 'no') {
            const before = backup(story).activeDownAt;
            story.answer({ witness: step === 'vouch' });
            const { activeDownAt, standing } = backup(story);
            const most = activeDownInterval(3, standing.priority, INTERVAL) + INTERVAL;
            expect(activeDownAt === before || activeDownAt <= story.now + most).toBe(true);
          } else if (step === 'lose') story.lose();
          else if (step === 'wait') story.wait();
          else if ('pass' in step) story.pass(step.pass).tick();
          else if ('hear' in step) story.hear(step.hear);
          else story.standing(step.standing);
        }
      }),
    );
  });
});
