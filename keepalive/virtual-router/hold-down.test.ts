import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  preemptForgetMicros,
  preemptHoldFirstMicros,
  preemptHoldMaxMicros,
  preemptsFreeMax,
} from '../limits.ts';
import { afterPreempt, noPreempts, preemptHold, preemptsCounted } from './hold-down.ts';
import { INTERVAL, Story } from './story.case.ts';

const SKEW = 21_875;

/** A better Backup that hears the lower Active router for so long, every interval. */
function hearFor(story: Story, micros: number, priority = 100): Story {
  const until = story.now + micros;
  story.hear(priority);
  while (story.now + INTERVAL <= until && story.name === 'Backup') {
    story.pass(INTERVAL).tick().hear(priority);
  }
  return story;
}

describe('the hold-down of a flapping better node', () => {
  it('lets it take the address a few times, then makes it wait twice as long each time', () => {
    let preempts = noPreempts;
    const holds: number[] = [];
    for (let i = 0; i < preemptsFreeMax + 4; i++) {
      holds.push(preemptHold(preempts, 1_000));
      preempts = afterPreempt(preempts, 1_000);
    }
    const first = preemptHoldFirstMicros;
    expect(holds).toEqual([0, 0, 0, first, 2 * first, 4 * first, 8 * first]);
  });

  it('never grows beyond its limit, and forgets one time per quiet period', () => {
    const many = { count: 500, at: 0 };
    expect(preemptHold(many, 0)).toBe(preemptHoldMaxMicros);
    expect(preemptsCounted(many, 10 * preemptForgetMicros)).toBe(490);
    expect(preemptsCounted(many, 900 * preemptForgetMicros)).toBe(0);
    const twice = { count: preemptsFreeMax, at: 0 };
    expect(preemptHold(twice, preemptForgetMicros - 1)).toBe(preemptHoldFirstMicros);
    expect(preemptHold(twice, preemptForgetMicros)).toBe(0);
  });

  it('does not grow while time passes', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(5e9), fc.nat(5e9), (count, early, more) => {
        const preempts = { count, at: 0 };
        const later = preemptHold(preempts, early + more);
        expect(later).toBeLessThanOrEqual(preemptHold(preempts, early));
      }),
    );
  });

  it('holds a router that took the address back too often, and survives a lost link', () => {
    const story = new Story().startup();
    for (let i = 0; i < preemptsFreeMax; i++) {
      hearFor(story, 3 * INTERVAL);
      expect(story.name).toBe('Active');
      story.apply({ type: 'shutdown', cause: 'link-down' }).startup();
    }
    story.hear(100);
    expect(story.did).toEqual(['wait 5000 ms']);
    hearFor(story, preemptHoldFirstMicros - 2 * INTERVAL);
    expect(story.name).toBe('Backup');
    hearFor(story, 4 * INTERVAL);
    expect(story.name).toBe('Active');
  });
});

describe('preempt_delay', () => {
  const delayed = { preemptDelayMicros: 2_000_000 };

  it('keeps a better node Backup until it has been better for so long', () => {
    const story = new Story(delayed).startup();
    hearFor(story, 1_900_000);
    expect(story.name).toBe('Backup');
    hearFor(story, 300_000);
    expect(story.name).toBe('Active');
  });

  it('starts anew when a router of at least its priority was heard', () => {
    const story = new Story(delayed).startup();
    hearFor(story, 1_900_000);
    story.hear(200);
    hearFor(story, 1_900_000);
    expect(story.name).toBe('Backup');
  });

  it('does not delay the successor of one that is silent, resigns, or is at fault', () => {
    const held = () => hearFor(new Story(delayed).startup(), 500_000);
    expect(held().wait().name).toBe('Active');
    const resigned = held().hear(0);
    expect(resigned.pass(SKEW).tick().name).toBe('Active');
    const faulted = held().hear(2);
    expect(faulted.pass(SKEW).tick().name).toBe('Active');
  });

  it('counts for a node whose own priority rises above the Active one, too', () => {
    const story = new Story(delayed, { priority: 50 }).startup();
    hearFor(story, 500_000);
    story.standing(200);
    expect(story.did).toEqual(['wait 2000 ms']);
    hearFor(story, 1_800_000);
    expect(story.name).toBe('Backup');
    hearFor(story, 400_000);
    expect(story.name).toBe('Active');
  });

  it('is off in strict mode', () => {
    const story = new Story({ ...delayed, strictRfc: true }).startup();
    hearFor(story, 500_000);
    expect(story.name).toBe('Active');
  });
});

describe('startup_delay', () => {
  const delayed = { startupDelayMicros: 3_000_000 };

  it('claims after a silent start only when the link had time to forward', () => {
    const story = new Story(delayed).startup().pass(2_999_000).tick();
    expect(story.name).toBe('Backup');
    expect(story.pass(1_000).tick().name).toBe('Active');
  });

  it('ends with the first advertisement heard', () => {
    const better = new Story(delayed).startup().hear(100);
    expect(better.pass(SKEW).tick().name).toBe('Active');
    const worse = new Story(delayed).startup().hear(250);
    expect(worse.wait().name).toBe('Active');
    expect(worse.now).toBeLessThan(400_000);
  });

  it('is no longer than the usual wait when that is longer, and off in strict mode', () => {
    const short = new Story({ startupDelayMicros: 1 }).startup().wait();
    const strict = new Story({ ...delayed, strictRfc: true }).startup().wait();
    expect([short.name, strict.name]).toEqual(['Active', 'Active']);
    expect(strict.now).toBe(short.now);
  });
});

it('is told to the operator also when it is a reload that lets the better router preempt', () => {
  const preemptDelayMicros = 1_000_000;
  const story = new Story({ preempt: false, preemptDelayMicros }).startup().hear(100);
  expect(story.did).toEqual([]);
  expect(story.reconfigure({ preempt: true }).did).toEqual(['wait 1000 ms']);
  expect(story.pass(90_000).hear(100).did).toEqual([]);
});

it('is told to the operator when a reload makes the better router wait, or wait longer', () => {
  const story = new Story().startup().hear(100);
  expect(story.did).toEqual([]);
  expect(story.reconfigure({ preemptDelayMicros: 1_000_000 }).did).toEqual(['wait 1000 ms']);
  expect(story.pass(90_000).hear(100).did).toEqual([]);
  expect(story.reconfigure({ preemptDelayMicros: 2_000_000 }).did).toEqual(['wait 2000 ms']);
  expect(story.reconfigure({ preemptDelayMicros: 500_000 }).did).toEqual([]);
});
