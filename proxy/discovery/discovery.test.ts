import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../health/virtual-clock.fixture.ts';
import type { Logger } from '../ports.ts';
import type { Answer, Question } from './answer.ts';
import { questionText } from './answer.ts';
import { Discovery } from './discovery.ts';
import {
  CHANGES_LOG_INTERVAL_MS,
  CHANGES_LOGGED_MAX,
  COALESCE_MS,
  FIRST_ROUND_MAX_MS,
  LOOKUPS_CONCURRENT_MAX,
} from './limits.ts';

const BOUNDS = { ttlMinMs: 1000, ttlMaxMs: 60_000, holdMs: 30_000, lingerMs: 0 };

function found(...addresses: string[]): Answer {
  const ipv4 = { kind: 'found' as const, records: addresses, ttlMs: 5000 };
  const ipv6 = { kind: 'absent' as const, why: 'nodata' as const };
  return {
    kind: 'found',
    records: [{ host: 'x', srv: null, addresses: { ipv4, ipv6 } }],
    ttlMs: Number.POSITIVE_INFINITY,
  };
}

const GONE: Answer = { kind: 'absent', why: 'nxdomain' };
const SERVFAIL: Answer = {
  kind: 'failed',
  why: 'servfail',
  detail: 'A www: 192.0.2.1:53 servfail',
};

/** A discovery whose name server is a table, in time that the test moves. */
class Scene {
  readonly clock = new VirtualClock();
  readonly answers = new Map<string, Answer | Promise<Answer>>();
  readonly asked: string[] = [];
  readonly lines: string[] = [];
  changes = 0;
  stopped = false;
  readonly discovery: Discovery;

  constructor(...names: string[]) {
    const line = (level: string) => (_: object, message: string) =>
      this.lines.push(`${level}: ${message}`);
    const log: Logger = {
      debug: line('debug'),
      info: line('info'),
      warn: line('warn'),
      error: line('error'),
      child: () => log,
    };
    this.discovery = new Discovery(BOUNDS, {
      clock: this.clock,
      log,
      lookup: {
        ask: async (question) => {
          this.asked.push(questionText(question));
          return (await this.answers.get(questionText(question))) ?? GONE;
        },
        stop: () => {
          this.stopped = true;
        },
      },
      onChange: () => {
        this.changes++;
      },
    });
    this.discovery.configure(names.map(question));
  }

  addresses(name: string): string[] {
    return this.discovery.found(question(name)).map(({ address }) => address);
  }

  status(name: string) {
    return this.discovery.status().find((status) => status.name === name);
  }
}

const question = (name: string): Question => ({ kind: 'address', name });
const SOON = COALESCE_MS + 1;

describe('names', () => {
  it('are asked for at once, and again when their TTL is over', async () => {
    const scene = new Scene('www');
    scene.answers.set('www', found('198.51.100.21'));
    scene.discovery.start();
    await scene.clock.advance(4999);
    expect(scene.asked).toEqual(['www']);
    expect(scene.addresses('www')).toEqual(['198.51.100.21']);
    scene.answers.set('www', found('198.51.100.22'));
    await scene.clock.advance(1);
    expect(scene.asked).toEqual(['www', 'www']);
    expect(scene.addresses('www')).toEqual(['198.51.100.22']);
  });

  it('that change together are told once, and not when nothing changed', async () => {
    const scene = new Scene('www', 'api');
    scene.answers.set('www', found('198.51.100.21', '198.51.100.22'));
    scene.answers.set('api', found('198.51.100.31'));
    scene.discovery.start();
    await scene.clock.advance(SOON);
    expect(scene.changes).toBe(1);
    scene.answers.set('www', found('198.51.100.22', '198.51.100.21'));
    await scene.clock.advance(20_000);
    expect(scene.changes).toBe(1);
    expect(scene.asked.length).toBeGreaterThan(6);
  });

  it('are not all asked for at the same moment', async () => {
    const names = Array.from({ length: LOOKUPS_CONCURRENT_MAX + 3 }, (_, index) => `n${index}`);
    const scene = new Scene(...names);
    const first = Promise.withResolvers<Answer>();
    for (const name of names) scene.answers.set(name, first.promise);
    scene.discovery.start();
    await scene.clock.advance(1);
    expect(scene.asked.length).toBe(LOOKUPS_CONCURRENT_MAX);
    first.resolve(found('198.51.100.21'));
    await scene.clock.advance(1);
    expect(scene.asked.length).toBe(names.length);
  });

  it('come and go with the config; those that stay are not asked again', async () => {
    const scene = new Scene('www', 'api');
    scene.answers.set('www', found('198.51.100.21'));
    scene.discovery.start();
    await scene.clock.advance(SOON);
    scene.discovery.configure([question('www'), question('new')]);
    await scene.clock.advance(1);
    expect(scene.asked).toEqual(['www', 'api', 'new']);
    expect(scene.discovery.status().map(({ name }) => name)).toEqual(['www', 'new']);
    expect(scene.addresses('www')).toEqual(['198.51.100.21']);
  });
});

describe('the first round', () => {
  it('is over when each name was asked for, well or not, and what was found was told', async () => {
    const scene = new Scene('www', 'gone');
    scene.answers.set('www', found('198.51.100.21'));
    let changesThen = -1;
    void scene.discovery.firstRound.then(() => {
      changesThen = scene.changes;
    });
    scene.discovery.start();
    await scene.clock.advance(0);
    expect(changesThen).toBe(1);
    await scene.clock.advance(SOON);
    expect(scene.changes).toBe(1);
  });

  it('does not wait for ever', async () => {
    const scene = new Scene('www');
    scene.answers.set('www', Promise.withResolvers<Answer>().promise);
    let over = false;
    void scene.discovery.firstRound.then(() => {
      over = true;
    });
    scene.discovery.start();
    await scene.clock.advance(FIRST_ROUND_MAX_MS - 1);
    expect(over).toBe(false);
    await scene.clock.advance(1);
    expect(over).toBe(true);
  });

  it('is over at once where there are no names', async () => {
    const scene = new Scene();
    scene.discovery.start();
    await scene.discovery.firstRound;
    expect(scene.clock.pending).toBe(0);
  });
});

describe('what an operator reads', () => {
  it('a name appears, changes, fails, and resolves again', async () => {
    const scene = new Scene('www');
    scene.discovery.start();
    await scene.clock.advance(1000);
    scene.answers.set('www', found('198.51.100.21', '198.51.100.22'));
    await scene.clock.advance(2000);
    scene.answers.set('www', found('198.51.100.22', '198.51.100.23'));
    await scene.clock.advance(5000);
    scene.answers.set('www', SERVFAIL);
    await scene.clock.advance(100_000);
    scene.answers.set('www', found('198.51.100.22', '198.51.100.23'));
    await scene.clock.advance(30_000);
    expect(scene.lines).toEqual([
      'warn: www does not resolve: there is no such name (NXDOMAIN); ' +
        'it has no servers until it does',
      'info: www resolves again after 2 look-ups that failed',
      'info: www is 198.51.100.21, 198.51.100.22 (TTL 5 s)',
      'info: www has changed: added 198.51.100.23; removed 198.51.100.21; ' +
        '2 addresses now (TTL 5 s)',
      'warn: www does not resolve: the name server could not find out (SERVFAIL): ' +
        'A www: 192.0.2.1:53 servfail; its 2 addresses stay, 5 s old',
      'warn: www does not resolve: the name server could not find out (SERVFAIL): ' +
        'A www: 192.0.2.1:53 servfail; its 2 addresses stay, 66 s old',
      'info: www resolves again after 8 look-ups that failed',
    ]);
  });

  it('a name of which one family got no answer', async () => {
    const scene = new Scene('www');
    scene.answers.set('www', found('198.51.100.21'));
    scene.discovery.start();
    await scene.clock.advance(SOON);
    scene.lines.length = 0;
    const ipv4 = { kind: 'found' as const, records: ['198.51.100.21'], ttlMs: 5000 };
    const ipv6 = { kind: 'failed' as const, why: 'timeout' as const, detail: 'AAAA www: late' };
    const records = [{ host: 'x', srv: null, addresses: { ipv4, ipv6 } }];
    scene.answers.set('www', { kind: 'found', records, ttlMs: Number.POSITIVE_INFINITY });
    await scene.clock.advance(5000);
    expect(scene.status('www')).toMatchObject({ state: 'resolved', problem: 'timeout' });
    expect(scene.lines).toEqual([
      'warn: www resolves only in part: no name server answers in time: AAAA www: late; ' +
        'what is missing stays as it was',
    ]);
  });

  it('a name that changes all the time', async () => {
    const scene = new Scene('www');
    const turns = CHANGES_LOG_INTERVAL_MS / 5000;
    scene.answers.set('www', found('198.51.100.0'));
    scene.discovery.start();
    for (let turn = 1; turn < turns; turn++) {
      await scene.clock.advance(1000);
      scene.answers.set('www', found(`198.51.100.${turn}`));
      await scene.clock.advance(4000);
    }
    await scene.clock.advance(SOON);
    expect(scene.changes).toBe(turns);
    expect(scene.lines.length).toBe(CHANGES_LOGGED_MAX);
    scene.answers.set('www', found('198.51.100.250'));
    await scene.clock.advance(5000);
    expect(scene.lines[CHANGES_LOGGED_MAX]).toBe(
      `info: www keeps changing: ${turns - CHANGES_LOGGED_MAX} changes were not logged`,
    );
  });

  it('a name that is gone loses its addresses after the hold time', async () => {
    const scene = new Scene('www');
    scene.answers.set('www', found('198.51.100.21'));
    scene.discovery.start();
    await scene.clock.advance(SOON);
    scene.lines.length = 0;
    scene.answers.set('www', GONE);
    await scene.clock.advance(34_000);
    expect(scene.addresses('www')).toEqual(['198.51.100.21']);
    await scene.clock.advance(2000);
    expect(scene.addresses('www')).toEqual([]);
    expect(scene.lines).toEqual([
      'warn: www does not resolve: there is no such name (NXDOMAIN); its address stays, 5 s old',
      'error: www has lost its address: there is no such name (NXDOMAIN); ' +
        'its servers are taken out',
    ]);
  });

  it('the status has age, TTL, next look-up, and what is wrong', async () => {
    const scene = new Scene('www');
    scene.answers.set('www', found('198.51.100.21'));
    scene.discovery.start();
    await scene.clock.advance(1);
    scene.answers.set('www', SERVFAIL);
    await scene.clock.advance(5000);
    const wall = scene.clock.wall();
    expect(scene.status('www')).toEqual({
      name: 'www',
      state: 'stale',
      addresses: ['198.51.100.21'],
      leftOut: 0,
      resolvedAt: wall - 5001,
      ttlMs: 5000,
      nextLookupAt: wall + 999,
      problem: 'servfail',
      problemText: 'the name server could not find out (SERVFAIL)',
      failures: 1,
      lookups: 2,
      lookupsFailed: 1,
    });
  });
});

it('after a stop nothing waits, and a late answer changes nothing', async () => {
  const scene = new Scene('www', 'api');
  const late = Promise.withResolvers<Answer>();
  scene.answers.set('www', late.promise);
  scene.answers.set('api', found('198.51.100.31'));
  scene.discovery.start();
  await scene.clock.advance(1);
  scene.discovery.stop();
  late.resolve(found('198.51.100.21'));
  await scene.clock.advance(100_000);
  expect(scene.stopped).toBe(true);
  expect(scene.clock.pending).toBe(0);
  expect(scene.changes).toBe(0);
  expect(scene.asked).toEqual(['www', 'api']);
});

describe('names that are added while others are kept', () => {
  it('are waited for until each was asked for once; what is known is not asked for again', async () => {
    const scene = new Scene('www');
    scene.answers.set('www', found('198.51.100.21'));
    scene.discovery.start();
    await scene.clock.advance(SOON);
    scene.answers.set('api', found('198.51.100.31'));
    scene.discovery.configure(['api', 'www'].map(question));
    let over = false;
    void scene.discovery.lookedUp(['api', 'www'].map(question)).then(() => {
      over = true;
    });
    expect(over).toBe(false);
    await scene.clock.advance(0);
    expect(over).toBe(true);
    expect(scene.addresses('api')).toEqual(['198.51.100.31']);
    expect(scene.asked).toEqual(['www', 'api']);
    expect(scene.discovery.status().map(({ name }) => name)).toEqual(['api', 'www']);
  });

  it('are not waited for for ever, and not at all when they are gone again', async () => {
    const scene = new Scene('www');
    scene.discovery.start();
    await scene.clock.advance(SOON);
    scene.answers.set('slow', new Promise(() => {}));
    const over: string[] = [];
    const wait = (why: string) => {
      scene.discovery.configure(['www', 'slow'].map(question));
      void scene.discovery.lookedUp([question('slow')]).then(() => over.push(why));
    };
    wait('in the end');
    await scene.clock.advance(FIRST_ROUND_MAX_MS - 1);
    expect(over).toEqual([]);
    await scene.clock.advance(1);
    expect(over).toEqual(['in the end']);
    wait('given up');
    scene.discovery.configure([question('www')]);
    await scene.clock.advance(0);
    expect(over).toEqual(['in the end', 'given up']);
  });
});
