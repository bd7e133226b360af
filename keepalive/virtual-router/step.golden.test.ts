/**
 * The state machine told as stories. `stories.golden` is what they look like; a change of behaviour
 * shows there as a diff and is reviewed like code. UPDATE_GOLDEN=1 writes it anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseIp } from '../../src/os/ip-address.ts';
import { INTERVAL, Story } from './story.case.ts';

const GOLDEN = new URL('stories.golden', import.meta.url);

/** A Backup that has heard the Active router once. */
const backup = (...parts: ConstructorParameters<typeof Story>) => new Story(...parts).startup();

const DRAIN = { drainMicros: 60_000_000 };
/** An Active router that may hand over, long after its claim. */
const giver = () => new Story(DRAIN).startup(true).wait().pass(30_000);
/** A Backup that the Active router is about to resign to. */
const promised = () =>
  new Story(DRAIN, { priority: 100 })
    .startup(true)
    .hear(200)
    .pass(20_000)
    .apply({ type: 'expect', until: 2_000_000 });
/** A better Backup that has heard the Active router, and asks rather than preempts. */
const asking = () => new Story(DRAIN).startup(true).pass(10_000).hear(100).wait();

const STORIES: Record<string, () => Story> = {
  'nobody else: claim after Active_Down_Interval': () => backup().wait().wait().wait().wait(),
  'the Active router goes silent': () =>
    backup({}, { priority: 100 }).pass(10_000).hear(200).pass(INTERVAL).hear(200).wait(),
  'the Active router resigns': () =>
    backup({}, { priority: 100 }).pass(10_000).hear(200).pass(INTERVAL).hear(0).wait(),
  'the better router returns and preempts': () =>
    backup().pass(30_000).hear(100).wait().pass(500).hear(100),
  'the better router returns, preempt: false': () =>
    backup({ preempt: false }).pass(30_000).hear(100).pass(INTERVAL).hear(100),
  'the better router returns, strict_rfc: lower advertisements are discarded': () =>
    backup({ strictRfc: true }).pass(30_000).hear(100).pass(INTERVAL).hear(100).wait(),
  'an Active router meets a better one': () =>
    backup({}, { priority: 100 }).wait().pass(20_000).hear(200).pass(INTERVAL).hear(200),
  'an Active router meets an equal one with a higher address': () => backup().wait().hear(200),
  'an Active router meets an equal one with a lower address': () =>
    backup().wait().hear(200, parseIp('198.51.100.10')!),
  'an Active router meets a worse one: says so at once': () =>
    backup({ advertIntervalMicros: 1_000_000 })
      .wait()
      .pass(2_000_000)
      .hear(100)
      .pass(10_000)
      .hear(100),
  'an Active router hears another before its timer tells it that it did not run': () =>
    new Story().startup(true).wait().wait().pass(2_000_000).hear(100).wait().hear(100),
  'an Active router hears another resign': () => backup().wait().pass(50_000).hear(0),
  'the balancer of the Active router dies: the fall is advertised at once': () =>
    backup().wait().pass(30_000).standing(1).pass(60_000).hear(100),
  'the peer of a fallen Active router takes over within Skew_Time': () =>
    backup({}, { priority: 100 }).pass(10_000).hear(200).pass(30_000).hear(1).wait(),
  'a faulted Active router gives way even to preempt: false': () =>
    backup({ preempt: false }).pass(10_000).hear(100).pass(30_000).hear(2).wait(),
  'a Backup gets better than the Active router': () =>
    backup({}, { priority: 2 }).pass(10_000).hear(100).pass(40_000).standing(200).wait(),
  'a Backup gets worse again before its shortened timer fires': () =>
    backup().pass(10_000).hear(100).pass(5_000).standing(2).pass(50_000).hear(100),
  'both are sick: no move': () =>
    backup({}, { priority: 2 }).pass(10_000).hear(2).pass(INTERVAL).hear(2),
  'a bystander with a low priority does not count while the Active router is heard': () =>
    backup({}, { priority: 150 })
      .hear(200)
      .pass(20_000)
      .hear(100, parseIp('198.51.100.13')!)
      .pass(5_000)
      .hear(0, parseIp('198.51.100.13')!),
  'a fall with peer: other: priority 0 once, back when nobody follows': () =>
    backup({ peer: 'other' }).wait().pass(30_000).standing(2).wait().standing(1),
  'a fall below the other peer: priority 0': () => backup({ peer: 'other' }).wait().standing(90),
  'a fall in strict mode waits for the next advertisement': () =>
    backup({ strictRfc: true }).wait().pass(30_000).standing(150).wait(),
  'never ready: no claim for 30 s': () =>
    backup({}, { priority: 1, claimNotBefore: 30_000_000 }).wait().wait(),
  'ready at last: the silence was waited for already': () =>
    backup({}, { priority: 1, claimNotBefore: 30_000_000 })
      .wait()
      .pass(7_000_000)
      .standing(200)
      .wait(),
  'a Backup wakes late: it listens first, and hears the Active router': () =>
    backup({}, { priority: 100 }).hear(200).wait(5_000_000).hear(200),
  'a Backup wakes late: it listens, hears nobody, and claims': () =>
    backup({}, { priority: 100 }).hear(200).wait(5_000_000).wait(),
  'a Backup wakes a little late: the driver has read the socket, so it claims': () =>
    backup({}, { priority: 100 }).hear(200).wait(4_000),
  'a Backup that always wakes late claims in the end': () =>
    backup({}, { priority: 100 }).wait(150_000).wait(150_000).wait(150_000).wait(150_000),
  'an Active router wakes after a stall: somebody else took over': () =>
    backup().wait().wait().pass(5_000_000).tick().hear(100).pass(INTERVAL).hear(100).wait(),
  'an Active router wakes after a stall: nobody took over': () =>
    backup().wait().wait().pass(5_000_000).tick().wait(),
  'BFD loses the Active router: its skew instead of the down interval': () =>
    backup({}, { priority: 100 }).hear(200).pass(30_000).lose().wait(),
  'BFD loses the Active router just after an advertisement: that counts as life too': () =>
    backup({}, { priority: 100 }).hear(200).pass(30_000).hear(200).pass(2_000).lose().wait(),
  'BFD loses an Active router that was only slow: it answers before the skew is over': () =>
    backup({}, { priority: 100 }).hear(200).pass(30_000).lose().pass(300).find().wait(),
  'BFD alone is lost: the next advertisement decides': () =>
    backup({}, { priority: 100 }).hear(200).pass(30_000).lose().pass(500).hear(200).wait(),
  'with a lease: armed before the first word, ended after the last': () =>
    new Story({}, { priority: 100 }).startup(true).wait().pass(20_000).hear(200),
  'with a lease, stop: resign, end it, release': () =>
    new Story().startup(true).wait().apply({ type: 'shutdown', cause: 'stop' }),
  'with a lease, after a stall: mute, listen for an interval and the skew, then speak again': () =>
    new Story().startup(true).wait().wait().pass(5_000_000).tick().wait(),
  'with a lease, after a stall: somebody else took over': () =>
    new Story().startup(true).wait().wait().pass(5_000_000).tick().pass(40_000).hear(100),
  'the rules of the lease were flushed and put back: armed again at once': () =>
    new Story().startup(true).wait().pass(50_000).apply({ type: 'lease-lost', silent: false }),
  'the lease lapsed unnoticed: as after a stall': () =>
    new Story()
      .startup(true)
      .wait()
      .pass(50_000)
      .apply({ type: 'lease-lost', silent: true })
      .wait(),
  'the address owner is Active at once, and does not look around': () =>
    new Story({ owner: true }, { priority: 255 }).startup().pass(5_000_000).tick(),
  'stop while Active: resign, then release': () =>
    backup().wait().apply({ type: 'shutdown', cause: 'stop' }),
  'stop while Backup: silent': () => backup().apply({ type: 'shutdown', cause: 'stop' }),
  'the cable of the Active router is pulled and put back': () =>
    backup().wait().apply({ type: 'shutdown', cause: 'link-down' }).pass(2_000_000).startup(),
  'announcements: growing gaps, then a slow refresh; a doubt starts them again': () => {
    const story = backup({ advertIntervalMicros: 40_000_000, owner: true }, { priority: 255 });
    story.wait().wait().wait().wait().wait().pass(5_000_000).apply({ type: 'doubt' });
    return story.wait().pass(50_000).apply({ type: 'doubt' }).wait();
  },
  'a longer interval is configured while Active: said at once': () =>
    backup().wait().pass(30_000).reconfigure({ advertIntervalMicros: 1_000_000 }).wait(),
  'other addresses are configured while Active: said and announced at once': () =>
    backup().wait().pass(30_000).reconfigure({}, undefined, true).wait(),
  'a lower priority is configured while Active': () =>
    backup().wait().pass(30_000).reconfigure({}, 50).wait(),
  'a shorter interval is configured while nobody was heard': () =>
    backup({ advertIntervalMicros: 1_000_000 })
      .pass(30_000)
      .reconfigure({ advertIntervalMicros: INTERVAL })
      .wait(),
  'a shorter interval is configured while somebody is heard: that one’s counts': () =>
    backup({}, { priority: 100 }).hear(200).reconfigure({ advertIntervalMicros: 10_000 }).wait(),
  'preempt is turned off just before the better Backup claims': () =>
    backup().pass(10_000).hear(100).pass(20_000).reconfigure({ preempt: false }).wait(),
  'preempt is turned on': () =>
    backup({ preempt: false }).pass(10_000).hear(100).reconfigure({ preempt: true }).wait(),
  'a group lets go of a member that waited for it': () =>
    backup({ grouped: true }, { priority: 100 }).wait().reconfigure({ grouped: false }).wait(),
  'VRRPv2: the skew is in seconds': () =>
    backup({ version: 2, advertIntervalMicros: 1_000_000 }, { priority: 100 })
      .hear(200, undefined, 1_000_000)
      .wait(),
  'a handover: drains first, then resigns, and stays away when its time is over': () =>
    giver()
      .apply({ type: 'hand-over', cause: 'operator' })
      .pass(1_000)
      .hear(100)
      .pass(5_000_000)
      .hear(100)
      .apply({ type: 'drained' })
      .pass(10_000)
      .hear(100)
      .apply({ type: 'hold', onHold: false, released: true })
      .wait(),
  'a handover whose receiver dies: claims again, and nothing was lost': () =>
    giver().apply({ type: 'hand-over', cause: 'operator' }).wait(),
  'a handover without a lease: there is none': () =>
    new Story(DRAIN).startup().wait().apply({ type: 'hand-over', cause: 'operator' }),
  'a drain runs into its end': () =>
    giver().apply({ type: 'hand-over', cause: 'stop' }).pass(59_950_000).hear(100).wait(),
  'what was promised is claimed without skew': () => promised().pass(1_000).hear(0).wait(),
  'what was promised, and the resignation is lost': () =>
    promised().pass(1_000).apply({ type: 'given' }).wait(),
  'what was promised is claimed before an older advertisement arrives': () =>
    promised()
      .pass(1_000)
      .apply({ type: 'given' })
      .wait()
      .pass(500)
      .hear(200)
      .pass(500)
      .hear(0)
      .pass(INTERVAL)
      .hear(200),
  'what was promised is claimed by a host that then finds itself at fault: gives way to an older advertisement, too':
    () => promised().pass(1_000).apply({ type: 'given' }).wait().standing(2).pass(500).hear(200),
  'late resignations of an earlier handover come to the host that gave the addresses back, then a new one':
    () =>
      giver()
        .apply({ type: 'hand-over', cause: 'operator' })
        .pass(40_000)
        .hear(0)
        .pass(1_000)
        .hear(100)
        .pass(1_000)
        .hear(0)
        .pass(10_000)
        .hear(0),
  'word of a promise kept comes after the machine stood still: listens first': () =>
    promised().pass(290_000).apply({ type: 'given' }).pass(30_000).hear(200),
  'what was promised is resigned again, and that is read long after: waits like any other': () =>
    promised().pass(740_000).hear(200).hear(0).tick().wait(),
  'what an operator had it give up stays given, also when its link was lost in between': () =>
    giver()
      .apply({ type: 'hand-over', cause: 'operator' })
      .pass(10_000)
      .apply({ type: 'shutdown', cause: 'link-down' })
      .startup(true)
      .hear(100)
      .pass(INTERVAL)
      .hear(100),
  "the rest of its sync group is given away on an operator's word, as it comes into the election: follows":
    () =>
      new Story(DRAIN)
        .startup(true)
        .hear(100)
        .apply({ type: 'hand-over', cause: 'operator' })
        .hear(100)
        .pass(INTERVAL)
        .hear(100),
  'a better Backup asks, and is given the addresses': () =>
    asking().apply({ type: 'expect', until: 2_000_000 }).hear(0).wait(),
  'a better Backup asks, and is refused: preempts': () => asking().pass(2_000).refuse().wait(),
  'a better Backup asks, and gets no answer while the Active router goes on: preempts': () =>
    asking().hear(100).pass(INTERVAL).hear(100).pass(INTERVAL).hear(100).wait(),
  'a better Backup asks a router that dies: claims after Active_Down_Interval': () =>
    asking().wait(),
  'a better Backup asks, does not run for seconds, and then hears the Active router: listens, asks again':
    () => asking().pass(1_700_000).hear(100).tick().pass(INTERVAL).hear(100).wait(),
  'a better Backup asks, wakes in the moment in which the answer is due, and hears old advertisements: listens':
    () => asking().pass(500_700).hear(100).hear(100).tick(),
  'a better Backup asks, does not run until the answer is overdue, and listens before it preempts':
    () => asking().pass(500_000).apply({ type: 'tick' }).refuse().wait(),
  'a better Backup asks again after a sleep, and hears what came of its first question: waits':
    () =>
      asking()
        .pass(1_700_000)
        .hear(100)
        .tick()
        .pass(INTERVAL)
        .hear(100)
        .wait()
        .refuse(1_800_000)
        .wait(),
  'a fall while the balancer serves: asks first, and says so when nobody answers': () =>
    giver().standing(50).wait().wait().wait().wait().wait().wait(),
  'a fall while the balancer serves, on hold: said at once': () =>
    giver().apply({ type: 'hold', onHold: true, released: false }).standing(50),
  'on hold: no preemption, but a dead Active router is followed': () =>
    new Story(DRAIN)
      .startup(true)
      .apply({ type: 'hold', onHold: true, released: false })
      .pass(10_000)
      .hear(100)
      .pass(INTERVAL)
      .hear(100)
      .wait(),
  'an interval is learned, and the skew with it': () =>
    backup({}, { priority: 100 }).hear(200, undefined, 1_000_000).pass(INTERVAL).hear(200),
};

it('the stories are as they were written down', () => {
  const text = Object.entries(STORIES)
    .map(([title, tell]) => `# ${title}\n${tell().lines.join('\n')}\n`)
    .join('\n');
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(GOLDEN, text);
  expect(text).toBe(readFileSync(GOLDEN, 'utf8'));
});
