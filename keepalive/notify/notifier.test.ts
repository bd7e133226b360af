import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventStream } from '../events/event-stream.ts';
import type { AgentEvent } from '../events/event-types.ts';
import { notifyQueueMax } from '../limits.ts';
import { keepingLogger, type LogLine, routerConfig } from '../simulator/sim-pair.case.ts';
import { Notifier } from './notifier.ts';
import { notifyVariables } from './notify-environment.ts';

type Environment = Readonly<Record<string, string>>;

/** A runner whose commands end when they are told to. */
class HeldRunner {
  readonly started: Environment[] = [];
  readonly #ends: ((passed: boolean) => void)[] = [];
  running = 0;
  mostRunning = 0;

  run(_command: readonly string[], _timeoutMs: number, environment: Environment = {}) {
    this.started.push(environment);
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    return new Promise<{ passed: boolean; output: string; durationMs: number }>((resolve) =>
      this.#ends.push((passed) => {
        this.running -= 1;
        resolve({ passed, output: passed ? 'told' : 'no mail server\nmore', durationMs: 12 });
      }),
    );
  }

  /** Ends the one that has run longest; resolves when what follows has begun. */
  async end(passed = true): Promise<void> {
    this.#ends.shift()?.(passed);
    for (let n = 0; n < 10; n++) await Promise.resolve();
  }
}

const states = ['Initialize', 'Backup', 'Active'] as const;

function setUp() {
  const clock = { now: () => 5_000_000, timer: () => ({ cancel() {} }) };
  const stream = new EventStream({ epoch: 7, clock, wallTime: () => 'now' });
  const runner = new HeldRunner();
  const logs: LogLine[] = [];
  const notify = { command: ['/bin/tell'], timeoutMs: 1000 };
  const routers = [routerConfig({ notify }), routerConfig({ name: 'silent' })];
  const notifier = new Notifier(routers, { stream, runner, clock, log: keepingLogger(logs) });
  let state = 0;
  const move = (router = 'web') => {
    const from = states[state % 3]!;
    state += 1;
    const event: AgentEvent = {
      type: 'transition',
      router,
      vrid: 51,
      interface: 'eth0',
      from,
      to: states[state % 3]!,
      priority: 100,
      why: 'because',
      evidence: { reason: 'silence' },
    };
    stream.emit(event);
    return event.to;
  };
  return { stream, runner, notifier, logs, move };
}

describe('a notify command', () => {
  it('is told what happened, in its environment', () => {
    const { runner, move } = setUp();
    move();
    expect(runner.started).toEqual([
      {
        TANDEM_ROUTER: 'web',
        TANDEM_VRID: '51',
        TANDEM_INTERFACE: 'eth0',
        TANDEM_STATE: 'Backup',
        TANDEM_PREVIOUS: 'Initialize',
        TANDEM_REASON: 'silence',
        TANDEM_WHY: 'because',
        TANDEM_PRIORITY: '100',
        TANDEM_EPOCH: '7',
        TANDEM_SEQUENCE: '1',
        TANDEM_SKIPPED: '0',
      },
    ]);
  });

  it('that fails is logged and shown, and the next one is run all the same', async () => {
    const { runner, notifier, logs, move } = setUp();
    move();
    move();
    await runner.end(false);
    expect(logs).toEqual([
      { level: 'warn', message: 'web: notify command for Backup failed: no mail server' },
    ]);
    expect(notifier.status()).toMatchObject([
      {
        router: 'web',
        running: true,
        runs: 1,
        failures: 1,
        skipped: 0,
        last: { sequence: 1, state: 'Backup', passed: false, output: 'no mail server\nmore' },
      },
    ]);
    await runner.end();
    expect(notifier.status()).toMatchObject([{ running: false, runs: 2, failures: 1 }]);
  });

  it('of a router that has none is not run', () => {
    const { runner, move } = setUp();
    move('silent');
    move('web.ipv6');
    expect(runner.started).toEqual([]);
  });

  it('is run for the last state when the agent stops, and for no other that waits', async () => {
    const { runner, notifier, move } = setUp();
    for (let n = 0; n < 4; n++) move();
    const finished = notifier.finish();
    move();
    await runner.end();
    await runner.end();
    await finished;
    expect(runner.started.map((told) => [told.TANDEM_SEQUENCE, told.TANDEM_SKIPPED])).toEqual([
      ['1', '0'],
      ['4', '2'],
    ]);
  });

  it('is run in order, one at a time, and always for the last, however slow it is', async () => {
    const steps = fc.array(fc.constantFrom('move', 'end', 'fail'), { maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const { stream, runner, notifier, move } = setUp();
        let state: string = 'Initialize';
        for (const step of plan) {
          if (step === 'move') state = move();
          else await runner.end(step === 'end');
          expect(notifier.status()[0]!.waiting).toBeLessThanOrEqual(notifyQueueMax);
        }
        while (notifier.status()[0]!.running) await runner.end();
        expect(runner.mostRunning).toBeLessThanOrEqual(1);
        let known = 0;
        for (const { TANDEM_SEQUENCE, TANDEM_SKIPPED } of runner.started) {
          known += Number(TANDEM_SKIPPED) + 1;
          expect(Number(TANDEM_SEQUENCE)).toBe(known);
        }
        expect(known).toBe(stream.sequence);
        if (known > 0) expect(runner.started.at(-1)!.TANDEM_STATE).toBe(state);
      }),
    );
  });
});

it('docs/VRRP.md has every variable with its meaning', () => {
  const page = readFileSync(new URL('../../docs/VRRP.md', import.meta.url), 'utf8');
  for (const [name, meaning] of Object.entries(notifyVariables)) {
    expect(page).toContain(`| \`${name}\` | ${meaning} |`);
  }
});
