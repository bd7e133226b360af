import { beforeEach, expect, it } from 'vitest';
import { quitDeviceMicros } from '../limits.ts';
import { LogLimiter } from '../log-limiter.ts';
import type { Clock, NetworkPort } from '../ports.ts';
import { SimClock } from '../simulator/sim-clock.ts';
import { keepingLogger, routerConfig } from '../simulator/sim-pair.case.ts';
import { routerStatistics } from '../statistics.ts';
import { Holdings } from './holdings.ts';

/** Addresses by device, and whether that of the virtual MAC is up. */
let kernel: Map<string, Set<string>>;
let up: boolean;
let sim: SimClock;

const on = (device: string) => [...(kernel.get(device) ?? [])];
const network = {
  virtualMacs: {
    deviceOf: () => 'td4-51-2',
    prepare() {},
    raise: () => {
      up = true;
    },
    isUp: () => up,
    lower: () => {
      up = false;
    },
    remove() {},
    sweep: () => [],
  },
  link: (name: string) => ({ name, index: 2, mac: new Uint8Array(6), running: true }),
  addresses: async (name: string) => on(name),
  addAddress: async (name: string, { address }: { address: string }) => {
    kernel.set(name, new Set([...on(name), address]));
  },
  removeAddress: async (name: string, { address }: { address: string }) => {
    kernel.set(name, new Set(on(name).filter((own) => own !== address)));
  },
} as unknown as NetworkPort;

function holdings(mode: 'plain' | 'vmac'): Holdings {
  const clock: Clock = { now: () => sim.now, timer: (at, callback) => sim.at(at, callback) };
  return new Holdings({
    config: routerConfig({ mode }),
    network,
    clock,
    log: keepingLogger([]),
    limiter: new LogLimiter(clock),
    statistics: routerStatistics(),
    emit: () => {},
    lifetimeSeconds: () => null,
    onHeld() {},
    onRepaired() {},
    onRefused() {},
    onRetired() {},
  });
}

beforeEach(() => {
  kernel = new Map();
  up = false;
  sim = new SimClock();
});

const seen = () => ({ device: on('td4-51-2'), interface: on('eth0'), up });
const ADDRESS = routerConfig({}).addresses[0]!.address;

it('of a virtual MAC goes on at the interface itself, and a little later without the device', async () => {
  const own = holdings('vmac');
  own.hold();
  await own.settle();
  expect(seen()).toEqual({ device: [ADDRESS], interface: [], up: true });
  own.drain();
  await own.settle();
  // Until the new holder has announced it, the switches send frames here.
  expect(seen()).toEqual({ device: [ADDRESS], interface: [ADDRESS], up: true });
  await sim.runUntil(quitDeviceMicros);
  await own.settle();
  expect(seen()).toEqual({ device: [ADDRESS], interface: [ADDRESS], up: false });
  // Taken back before its end.
  own.hold();
  await own.settle();
  expect(seen()).toEqual({ device: [ADDRESS], interface: [], up: true });
  await sim.runUntil(3 * quitDeviceMicros);
  expect(up).toBe(true);
  own.drain();
  await own.settle();
  own.release();
  await own.settle();
  expect(seen()).toEqual({ device: [], interface: [], up: false });
});

it('leaves addresses in plain mode where they are, and makes none that were not there', async () => {
  const own = holdings('plain');
  own.drain();
  await own.settle();
  expect(seen()).toEqual({ device: [], interface: [], up: false });
  own.hold();
  await own.settle();
  own.drain();
  await own.settle();
  expect(seen()).toEqual({ device: [], interface: [ADDRESS], up: false });
  own.release();
  await own.settle();
  expect(seen()).toEqual({ device: [], interface: [], up: false });
});
