import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamCells } from '../shared/upstream-cells.ts';
import { WorkerCells } from '../shared/worker-cells.ts';
import type { Server } from './server.ts';
import type { QueueWaiter } from './server-queue.ts';
import { stateOf } from './upstream.fixture.ts';
import { WaitingLine } from './waiting-line.ts';

const SERVER = {} as Server;

class Waiter implements QueueWaiter {
  readonly key = 7;
  readonly name: number;
  readonly #heard: string[];

  constructor(name: number, heard: string[]) {
    this.name = name;
    this.#heard = heard;
  }

  serve(): void {
    this.#heard.push(`serve ${this.name}`);
  }

  queueExpired(): void {
    this.#heard.push(`expired ${this.name}`);
  }
}

function setUp(max = 100, timeoutMs = 60_000) {
  const heard: string[] = [];
  const owner = {
    room: 0,
    alive: true,
    choose(key: number): Server | null {
      expect(key).toBe(7);
      if (owner.room === 0) return null;
      owner.room--;
      return SERVER;
    },
  };
  const state = stateOf();
  const cells = new UpstreamCells(new WorkerCells(state, 0), 5);
  const line = new WaitingLine(owner, max, timeoutMs, cells);
  const waiters = Array.from({ length: 20 }, (_, name) => new Waiter(name, heard));
  return { heard, owner, cells, line, waiters, state };
}

describe('WaitingLine', () => {
  it('serves in the order of coming, as far as there is room', () => {
    const { line, owner, heard, waiters, cells } = setUp();
    for (const waiter of waiters.slice(0, 4)) expect(line.join(waiter)).toBe(true);
    expect(cells.waiting()).toBe(4);
    owner.room = 2;
    line.advance();
    expect(heard).toEqual(['serve 0', 'serve 1']);
    owner.room = 9;
    line.advance();
    expect(heard).toEqual(['serve 0', 'serve 1', 'serve 2', 'serve 3']);
    expect(owner.room).toBe(7);
    expect(line.length).toBe(0);
  });

  it('forgets who leaves, and does not mind who is not there', () => {
    const { line, owner, heard, waiters, cells } = setUp();
    for (const waiter of waiters.slice(0, 3)) line.join(waiter);
    line.leave(waiters[0]!);
    line.leave(waiters[0]!);
    line.leave(waiters[9]!);
    owner.room = 1;
    line.advance();
    expect(heard).toEqual(['serve 1']);
    expect(cells.waiting()).toBe(1);
  });

  it('takes no more than its bound, those of other workers counted', () => {
    const { line, waiters, state, owner, cells } = setUp(3);
    const other = new WaitingLine(owner, 3, 1000, new UpstreamCells(new WorkerCells(state, 1), 5));
    expect(line.join(waiters[0]!)).toBe(true);
    expect(other.join(waiters[1]!)).toBe(true);
    expect(line.join(waiters[2]!)).toBe(true);
    expect(other.join(waiters[3]!)).toBe(false);
    expect(line.join(waiters[4]!)).toBe(false);
    line.leave(waiters[0]!);
    expect(other.join(waiters[3]!)).toBe(true);
    expect(cells.waiting()).toBe(3);
  });

  it('keeps nobody waiting for servers that are all gone', async () => {
    const { line, owner, heard, waiters } = setUp();
    expect(line.join(waiters[0]!)).toBe(true);
    owner.alive = false;
    expect(line.join(waiters[1]!)).toBe(false);
    await expect.poll(() => heard).toEqual(['expired 0']);
  });

  it('notices by itself that another worker has freed a place', async () => {
    const { line, owner, heard, waiters } = setUp();
    line.join(waiters[0]!);
    line.join(waiters[1]!);
    owner.room = 1;
    await expect.poll(() => heard).toEqual(['serve 0']);
  });

  it('lets go of those who have waited too long, and not of others', async () => {
    const { line, heard, waiters } = setUp(100, 30);
    const before = performance.now();
    line.join(waiters[0]!);
    line.join(waiters[1]!);
    await expect.poll(() => heard).toEqual(['expired 0', 'expired 1']);
    expect(performance.now() - before).toBeGreaterThanOrEqual(29);
    line.join(waiters[2]!);
    expect(heard).toHaveLength(2);
    line.leave(waiters[2]!);
  });

  it('is first come, first served whatever happens, and counts who waits', () => {
    const step = fc.record({ kind: fc.constantFrom('join', 'leave', 'room'), who: fc.nat(19) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { line, owner, heard, waiters, cells } = setUp(8);
        let model: number[] = [];
        for (const { kind, who } of steps) {
          const waiter = waiters[who]!;
          if (kind === 'join' && !model.includes(who)) {
            expect(line.join(waiter)).toBe(model.length < 8);
            if (model.length < 8) model.push(who);
          } else if (kind === 'leave') {
            line.leave(waiter);
            model = model.filter((one) => one !== who);
          } else if (kind === 'room') {
            owner.room = 1;
            line.advance();
            const first = model.shift();
            if (first !== undefined) expect(heard.at(-1)).toBe(`serve ${first}`);
            owner.room = 0;
          }
          expect(line.length).toBe(model.length);
          expect(cells.waiting()).toBe(model.length);
        }
        for (const who of model) line.leave(waiters[who]!);
      }),
    );
  });
});
