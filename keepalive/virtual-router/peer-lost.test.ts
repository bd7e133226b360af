import { describe, expect, it } from 'vitest';
import { parseIp } from '../../src/os/ip-address.ts';
import { nextDeadline } from './state.ts';
import { INTERVAL, PEER, Story } from './story.case.ts';
import { activeDownInterval, skewTime } from './timers.ts';

const THIRD = parseIp('198.51.100.13')!;
/** Of the story's BFD session. */
const BFD_INTERVAL = 3_000;
const DETECTION = 9_000;

/** A Backup of priority 100 that heard the peer (200) 30 ms ago. */
function following(story = new Story({}, { priority: 100 })): Story {
  return story.startup().hear(200).pass(30_000);
}

describe('a Backup whose Active router BFD has lost (design 4.2 rule 5)', () => {
  it("claims after the skew of BFD's interval", () => {
    const story = following().lose();
    expect(nextDeadline(story.state)! - story.now).toBe(skewTime(3, 100, BFD_INTERVAL));
    expect(story.wait().did).toEqual(['send 100', 'add-addresses', 'announce']);
    expect(story.lines.at(-1)).toContain('BFD lost 198.51.100.12: no sign of it for 11 ms');
  });

  it('takes the skew of version 3 from BFD also in version 2, whose own is in seconds', () => {
    const settings = { version: 2, advertIntervalMicros: 1_000_000 } as const;
    const story = following(new Story(settings, { priority: 100 })).lose();
    expect(nextDeadline(story.state)! - story.now).toBe(skewTime(3, 100, BFD_INTERVAL));
  });

  it('counts an advertisement as a sign of life like a BFD packet', () => {
    const story = following().hear(200).pass(2_000).lose();
    const skew = skewTime(3, 100, BFD_INTERVAL);
    expect(nextDeadline(story.state)! - story.now).toBe(DETECTION - 2_000 + skew);
  });

  it('never waits longer than without BFD', () => {
    const story = following().pass(330_000).lose();
    expect(nextDeadline(story.state)).toBe(activeDownInterval(3, 100, INTERVAL));
  });

  it('stays when an advertisement comes after the loss: it was BFD that was lost', () => {
    const story = following().lose().pass(1_000).hear(200);
    expect(nextDeadline(story.state)! - story.now).toBe(activeDownInterval(3, 100, INTERVAL));
    for (let i = 0; i < 20; i++) story.pass(INTERVAL).hear(200).tick();
    expect(story.name).toBe('Backup');
    // Then silence again means what it means without BFD.
    story.wait();
    expect(story.lines.at(-1)).toContain('no advertisement from 198.51.100.12');
  });

  it('follows a third router that speaks first', () => {
    const story = following().lose().pass(500).hear(150, THIRD).pass(INTERVAL).tick();
    expect(story.name).toBe('Backup');
  });

  it('still waits for a balancer that was never ready', () => {
    const story = new Story({}, { priority: 1, claimNotBefore: 30_000_000 });
    following(story).lose().wait();
    expect(story.name).toBe('Backup');
    expect(nextDeadline(story.state)).toBe(30_000_000);
  });
});

describe('a peer that speaks again', () => {
  it('before the skew is over was only slow: adverts decide again', () => {
    const story = following().lose().pass(1_000).find();
    expect(nextDeadline(story.state)).toBe(activeDownInterval(3, 100, INTERVAL));
    expect(story.wait().lines.at(-1)).toContain('no advertisement from 198.51.100.12');
  });

  it('can be lost again', () => {
    const story = following().lose().pass(1_000).find().pass(50_000).lose();
    expect(nextDeadline(story.state)! - story.now).toBe(skewTime(3, 100, BFD_INTERVAL));
  });

  it('changes nothing otherwise: not later, not for another peer, not without a loss', () => {
    const claimed = following().lose().wait().pass(1_000).find();
    expect([claimed.name, claimed.did]).toEqual(['Active', []]);
    const lost = following().lose();
    const shortened = nextDeadline(lost.state);
    expect(nextDeadline(lost.find(THIRD).state)).toBe(shortened);
    const quiet = following();
    const before = quiet.state;
    expect(quiet.find().state).toEqual(before);
    const resigned = following().lose().hear(0);
    const skewed = nextDeadline(resigned.state);
    expect(nextDeadline(resigned.find().state)).toBe(skewed);
  });
});

describe('the loss of a peer says nothing', () => {
  const downAt = (story: Story) => nextDeadline(story.state);

  it('about another Active router than the peer', () => {
    const story = following();
    const before = downAt(story);
    expect(downAt(story.lose(THIRD))).toBe(before);
  });

  it('to a Backup that follows nobody', () => {
    const silent = new Story({}, { priority: 100 }).startup().pass(30_000);
    expect(downAt(silent.lose())).toBe(activeDownInterval(3, 100, INTERVAL));
    const resigned = following().hear(0);
    const before = downAt(resigned);
    expect(downAt(resigned.lose())).toBe(before);
  });

  it('in strict mode', () => {
    const story = following(new Story({ strictRfc: true }, { priority: 100 }));
    expect(downAt(story.lose())).toBe(activeDownInterval(3, 100, INTERVAL));
  });

  it('to an Active router, and before the election', () => {
    const active = new Story().startup().wait().pass(1_000).lose();
    expect([active.name, active.did]).toEqual(['Active', []]);
    const out = new Story().lose();
    expect([out.name, out.did]).toEqual(['Initialize', []]);
  });
});

describe('the peer of BFD', () => {
  const lossOf = (peer: string, source: string) => {
    const story = new Story({}, { priority: 100 }).startup().hear(200, parseIp(source)!);
    const before = nextDeadline(story.pass(30_000).state);
    return nextDeadline(story.lose(parseIp(peer)!).state) !== before;
  };

  it('is the Active router when the addresses are equal, or cannot be compared', () => {
    expect(lossOf('198.51.100.12', '198.51.100.12')).toBe(true);
    expect(lossOf('198.51.100.13', '198.51.100.12')).toBe(false);
    expect(lossOf('fe80::12', 'fe80::12')).toBe(true);
    expect(lossOf('fe80::13', 'fe80::12')).toBe(false);
    expect(lossOf('198.51.100.12', 'fe80::12')).toBe(true);
    expect(lossOf('2001:db8::12', 'fe80::12')).toBe(true);
    expect(PEER).toEqual(parseIp('198.51.100.12'));
  });
});
