/**
 * Runs on the stranger's host and sends what shots.ts draws: `node injector.ts SEED`, then a line
 * `ROUND valid` or `ROUND mangled` on standard input for each round. Answers each with a line of JSON:
 * how many frames left, and what the agents have to count for them.
 */
import { createInterface } from 'node:readline';
import { setImmediate as breathe } from 'node:timers/promises';
import { Prng } from '../../keepalive/simulator/prng.ts';
import { OsError } from '../../src/os/errors.ts';
import { interfaceIndex } from '../../src/os/interface-index.ts';
import { PacketSocket } from '../../src/os/packet-socket.ts';
import { mangledShots, type Shot, shots } from './shots.ts';

/** What left in a round. */
export interface Fired {
  readonly frames: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** Frames between two looks at the event loop: the receivers get a breath as well. */
const BURST = 32;

const seed = Number(process.argv[2]);
const socket = new PacketSocket();
const device = interfaceIndex('eth0');

async function fire(round: readonly Shot[]): Promise<Fired> {
  const counts: Record<string, number> = {};
  let frames = 0;
  for (const { frame, counts: counters } of round) {
    try {
      socket.send(device, frame);
    } catch (error) {
      // Too long for the link, or its queue is full: this one did not leave.
      if (!(error instanceof OsError)) throw error;
      continue;
    }
    frames += 1;
    for (const counter of counters) counts[counter] = (counts[counter] ?? 0) + 1;
    if (frames % BURST === 0) await breathe();
  }
  return { frames, counts };
}

for await (const line of createInterface({ input: process.stdin })) {
  const [round, kind] = line.split(' ');
  const prng = new Prng(seed * 1_000_000 + Number(round));
  const fired = await fire(kind === 'mangled' ? mangledShots(prng) : shots(prng));
  process.stdout.write(`${JSON.stringify(fired)}\n`);
}
socket.close();
