import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventReaderBytesMax } from '../limits.ts';
import { SimPair } from '../simulator/sim-pair.case.ts';
import { EventReader } from './event-reader.ts';
import { EventStream } from './event-stream.ts';

/** A reader whose other side reads only when told to. */
class SlowSocket {
  readonly queue: string[] = [];
  readonly read: { type: string; sequence: number; [field: string]: unknown }[] = [];
  most = 0;

  write(text: string): void {
    this.queue.push(text);
    this.most = Math.max(this.most, this.queued());
  }

  queued(): number {
    return this.queue.reduce((sum, text) => sum + text.length, 0);
  }

  readAll(): void {
    for (const text of this.queue.splice(0)) this.read.push(JSON.parse(text));
  }
}

function setUp() {
  const clock = { now: () => 1_000_000, timer: () => ({ cancel() {} }) };
  const stream = new EventStream({ epoch: 7, clock, wallTime: () => '2026-11-21T10:00:00.000Z' });
  const socket = new SlowSocket();
  const snapshot = () => stream.missed(0, -1).replace('missed', 'snapshot');
  return { stream, socket, reader: () => new EventReader(stream, socket, snapshot) };
}

const emitMany = (stream: EventStream, count: number) => {
  for (let n = 0; n < count; n++) stream.emit({ type: 'lease-armed', router: 'web' });
};

describe('a reader', () => {
  it('begins with a snapshot, and has every event after it', () => {
    const { stream, socket, reader } = setUp();
    emitMany(stream, 3);
    reader();
    emitMany(stream, 2);
    socket.readAll();
    expect(socket.read.map(({ type, sequence }) => `${type} ${sequence}`)).toEqual([
      'snapshot 3',
      'lease-armed 4',
      'lease-armed 5',
    ]);
    expect(socket.read[1]).toEqual({
      epoch: 7,
      sequence: 4,
      type: 'lease-armed',
      at: 1_000_000,
      time: '2026-11-21T10:00:00.000Z',
      router: 'web',
    });
  });

  it('that is too slow is told what it missed, and gets another snapshot', () => {
    const { stream, socket, reader } = setUp();
    const slow = reader();
    emitMany(stream, 5_000);
    expect(slow.behind).toBe(true);
    socket.readAll();
    slow.drained();
    emitMany(stream, 1);
    socket.readAll();
    const [missed, snapshot, next] = socket.read.slice(-3);
    const before = socket.read.at(-4);
    expect(missed).toMatchObject({ type: 'missed', first: before!.sequence + 1, last: 5_000 });
    expect(missed?.count).toBe(5_000 - before!.sequence);
    expect(snapshot).toMatchObject({ type: 'snapshot', sequence: 5_000 });
    expect(next).toMatchObject({ type: 'lease-armed', sequence: 5_001 });
  });

  it('that has gone costs nothing', () => {
    const { stream, socket, reader } = setUp();
    reader().close();
    emitMany(stream, 3);
    expect(socket.queue).toHaveLength(1);
  });

  it('accounts for every event, however it reads, in bounded memory', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ emit: fc.integer({ min: 1, max: 3_000 }) }),
        fc.constant({ read: true } as const),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(steps, (plan) => {
        const { stream, socket, reader } = setUp();
        const one = reader();
        for (const step of [...plan, { read: true } as const, { read: true } as const]) {
          if ('emit' in step) emitMany(stream, step.emit);
          else {
            socket.readAll();
            one.drained();
          }
        }
        socket.readAll();
        let known = 0;
        for (const { type, sequence, first, last } of socket.read) {
          if (type === 'missed') expect(first).toBe(known + 1);
          else if (type === 'lease-armed') expect(sequence).toBe(known + 1);
          known = type === 'missed' ? Number(last) : sequence;
        }
        expect(known).toBe(stream.sequence);
        expect(socket.most).toBeLessThanOrEqual(eventReaderBytesMax);
      }),
      { numRuns: 50 },
    );
  });
});

it('a snapshot says what each router is, in the words of the status', async () => {
  const pair = await new SimPair({ leased: true }).elected();
  const { stream } = setUp();
  const status = pair.a.agent!.status();
  expect(JSON.parse(stream.snapshot(status))).toMatchObject({
    type: 'snapshot',
    sequence: 0,
    node: 'a',
    routers: [
      {
        router: 'web',
        state: 'Active',
        priority: 200,
        configuredPriority: 200,
        waitingFor: null,
        active: { self: true },
        addresses: [{ address: '198.51.100.100', held: true }],
        lease: { open: true },
      },
    ],
    bfd: [],
  });
  await pair.stop();
});
