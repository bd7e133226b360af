import { beforeEach, describe, expect, it } from 'vitest';
import { LogLimiter } from '../log-limiter.ts';
import type { Clock, LeasePort } from '../ports.ts';
import { SimClock } from '../simulator/sim-clock.ts';
import { keepingLogger, type LogLine, routerConfig } from '../simulator/sim-pair.case.ts';
import { LeaseKeeper } from './lease-keeper.ts';

const LINK = { name: 'eth0', index: 2, mac: new Uint8Array(6), running: true };
const FAST = { intervalMs: 3, detectionMs: 9 };
const SLOW = { intervalMs: 10, detectionMs: 30 };

/** What was asked of the kernel, in order. */
let asked: string[];
let logs: LogLine[];
/** The kernel's tick is too coarse. */
let coarse: boolean;
let refusesWatch: boolean;
let refusesDrain: boolean;
let sim: SimClock;

const leases: LeasePort = {
  open: ({ bfdPeer }) => {
    asked.push(`open ${bfdPeer}`);
    return {
      arm: () => asked.push('arm'),
      end: () => asked.push('end'),
      renew: () => asked.push('renew'),
      isArmed: () => true,
      revise: () => asked.push('revise'),
      watch: (pace) => {
        if (refusesWatch) throw new Error('nft: no');
        asked.push(`watch ${pace?.detectionMs ?? null}`);
        return pace !== null && !coarse;
      },
      drain: (durationMs) => {
        if (refusesDrain) throw new Error('nft: no');
        asked.push(`drain ${durationMs}`);
      },
      endDrain: () => asked.push('end-drain'),
      close: () => asked.push('close'),
      leave: () => asked.push('leave'),
    };
  },
  runs: () => false,
  sweep: () => {},
  close: () => {},
};

function keeper(port: LeasePort | null = leases): LeaseKeeper {
  const clock: Clock = { now: () => sim.now, timer: (at, callback) => sim.at(at, callback) };
  const bfd = { peer: '198.51.100.12', intervalMs: 3, multiplier: 3 };
  return new LeaseKeeper({
    config: routerConfig({ bfd }),
    leases: port,
    paired: true,
    clock,
    log: keepingLogger(logs),
    limiter: new LogLimiter(clock),
    emit: () => {},
    onLost: () => {},
  });
}

beforeEach(() => {
  asked = [];
  logs = [];
  coarse = false;
  refusesWatch = false;
  refusesDrain = false;
  sim = new SimClock();
});

describe('the pace of BFD', () => {
  it('reaches the kernel with a claim, and leaves it with the end of one', () => {
    const lease = keeper();
    lease.openOn(LINK);
    lease.watch(FAST);
    lease.watch(null);
    lease.watch(SLOW);
    // A Backup has other things to do when BFD loses the Active router.
    expect(asked).toEqual(['open 198.51.100.12']);
    lease.arm();
    lease.watch(FAST);
    lease.watch(null);
    lease.end();
    lease.watch(SLOW);
    expect(asked.slice(1)).toEqual([
      'watch 30',
      'arm',
      'watch 9',
      'watch null',
      'end',
      'watch null',
    ]);
  });

  it('is asked for again with a lease that was opened anew', () => {
    const lease = keeper();
    lease.watch(SLOW);
    lease.openOn(LINK);
    lease.arm();
    lease.openOn({ ...LINK, index: 3 });
    lease.watch(FAST);
    expect(asked.slice(-2)).toEqual(['close', 'open 198.51.100.12']);
    lease.arm();
    expect(asked.slice(-2)).toEqual(['watch 9', 'arm']);
  });

  it('that the kernel cannot fence is said, once', () => {
    coarse = true;
    const lease = keeper();
    lease.openOn(LINK);
    lease.watch(FAST);
    lease.arm();
    lease.end();
    lease.arm();
    expect(logs).toEqual([
      {
        level: 'warn',
        message:
          "web: BFD takes over after 9 ms, which this kernel's tick cannot fence: a stalled host " +
          'may answer beside its successor for 300 ms',
      },
    ]);
  });

  it('that the kernel refuses does not keep a router from its lease', () => {
    refusesWatch = true;
    const lease = keeper();
    lease.openOn(LINK);
    lease.watch(FAST);
    lease.arm();
    expect(asked.at(-1)).toBe('arm');
    expect(logs.map(({ message }) => message)).toEqual([
      "web: the kernel's lease cannot follow BFD: a stalled host may answer beside its successor: " +
        'nft: no',
    ]);
  });
});

describe('a drain', () => {
  it('goes on in a lease that was opened anew, for what is left', async () => {
    const lease = keeper();
    lease.openOn(LINK);
    expect(lease.drain(60_000)).toBe(true);
    lease.end();
    await sim.runUntil(20_000_000);
    lease.openOn({ ...LINK, index: 3 });
    expect(asked.slice(1)).toEqual([
      'drain 60000',
      'end',
      'watch null',
      'close',
      'open 198.51.100.12',
      'drain 40000',
    ]);
    lease.endDrain();
    lease.endDrain();
    lease.openOn(LINK);
    expect(asked.slice(-3)).toEqual(['end-drain', 'close', 'open 198.51.100.12']);
  });

  it('that the kernel refuses is said, and not begun later', () => {
    refusesDrain = true;
    const lease = keeper();
    lease.openOn(LINK);
    expect(lease.drain(60_000)).toBe(false);
    refusesDrain = false;
    lease.openOn({ ...LINK, index: 3 });
    expect(asked).not.toContain('drain 60000');
    expect(logs.map(({ message }) => message)).toEqual([
      "web: the kernel's lease cannot let the connections go on while the addresses move: nft: no",
    ]);
  });

  it('is none without a lease to keep the host mute', () => {
    expect(keeper(null).drain(60_000)).toBe(false);
    expect(keeper().drain(60_000)).toBe(false);
    expect(asked).toEqual([]);
  });
});
