/** Drills in which a host lacks what programs take for granted: the time, room on the disk, memory. */
import { setTimeout as delay } from 'node:timers/promises';
import { moves, noBreak, noFailure, outage } from '../bounds.ts';
import type { Drill } from '../drill.ts';
import { limits } from '../limits.ts';
import { bringBack } from '../place.ts';

const HOUR_S = 3_600;

/** The drills. */
export const resourceFaults: readonly Drill[] = [
  {
    name: 'clock-jump',
    fault: "the active host's wall clock goes an hour ahead, then two hours back",
    expectation: 'the address stays, and nobody notices',
    needs: ['clocks'],
    stays: true,
    bounds: () => [noFailure, noBreak, moves(0)],
    async prepare(place) {
      const [preferred] = place.edges;
      await place.can.clocks!.replace(preferred);
      await bringBack(place, preferred, limits.returnTimeoutMs);
    },
    async inflict(place, active) {
      await place.can.clocks!.set(active, HOUR_S);
      await delay(limits.clockWrongMs);
      await place.can.clocks!.set(active, -HOUR_S);
      await delay(limits.clockWrongMs);
    },
    async repair(place) {
      await place.can.clocks!.restore(place.edges[0]);
      await bringBack(place, place.edges[0], limits.returnTimeoutMs);
    },
  },
  {
    name: 'disk-full',
    fault: "the active host's disk is full, and its config is reloaded",
    expectation: 'the host follows the new config, the address stays, and nobody notices',
    needs: ['disks', 'operator'],
    stays: true,
    bounds: () => [noFailure, noBreak, moves(0)],
    async inflict(place, active) {
      await place.can.disks!.fill(active);
      await place.can.operator!.reload(active, 1);
      await delay(limits.diskFullMs);
    },
    async repair(place, active) {
      await place.can.disks!.empty(active);
      await place.can.operator!.reload(active, 0);
    },
  },
  {
    name: 'memory-eaten',
    fault: 'a program on the active host takes all memory, until the kernel ends it',
    expectation: 'the address stays, and nobody notices',
    needs: ['memory'],
    stays: true,
    bounds: () => [noFailure, noBreak, moves(0), outage(100)],
    inflict: (place, active) => place.can.memory!.eat(active),
    repair: async () => {},
  },
];
