/**
 * One host of the handover's lab tests, without an agent: the real network, lease, second chance and
 * census, driven by the orders that its parent sends over IPC. Each is answered when it is done.
 */
import type { VirtualAddress } from '../../src/config/agent-config.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import { quitDeviceMicros } from '../limits.ts';
import { virtualMac } from '../packet/virtual-mac.ts';
import type { Lease, Logger } from '../ports.ts';
import { openConnectionCensus } from './connection-census.ts';
import { openLeases } from './lease.ts';
import { openNetwork } from './network.ts';
import { openSecondChances } from './second-chance.ts';

const INTERFACE = 'eth0';

/** What the router is, from the command line. */
export interface HostRouter {
  readonly family: 4 | 6;
  readonly vrid: number;
  readonly mode: 'plain' | 'vmac';
  readonly addresses: readonly VirtualAddress[];
}

/** Orders, and what they take. */
export interface Orders {
  /** Takes the addresses: lease, addresses, announcements. */
  claim(): Promise<void>;
  /** Lets go of the lease and drains for so long. */
  give(drainMs: number): Promise<void>;
  endDrain(): void;
  /** Removes what an agent that died left behind. */
  sweep(): void;
  /** What the kernel counts on the addresses. */
  count(): Promise<number>;
  /** Passes strangers on to this address, or null: no longer. */
  passOn(peer: string | null): Promise<void>;
  passed(): { packets: number; bytes: number };
  said(): readonly string[];
  quit(): Promise<void>;
}

async function main(router: HostRouter): Promise<void> {
  const said: string[] = [];
  const log: Logger = {
    debug() {},
    info() {},
    warn: (_, message) => said.push(message),
    error: (_, message) => said.push(message),
    child: () => log,
  };
  const network = await openNetwork(log, '/run/tandem');
  const leases = openLeases(log, '/run/tandem');
  const chances = openSecondChances(log, '/run/tandem');
  const owner = { interface: INTERFACE, family: router.family, vrid: router.vrid };
  const macs = router.mode === 'vmac' ? network.virtualMacs : undefined;
  macs?.prepare(owner);
  const device = macs?.deviceOf(owner) ?? INTERFACE;
  const mac = macs === undefined ? undefined : virtualMac(router.family, router.vrid);
  const lease: Lease = leases.open({
    ...owner,
    addresses: router.addresses,
    // Nobody advertises here: it lasts as long as the test.
    durationMs: 3_600_000,
    onLost: (cause) => said.push(`lost: ${cause}`),
  });
  const census = openConnectionCensus();
  const addresses = router.addresses.map(({ address }) => address);
  let quit: NodeJS.Timeout | undefined;
  let chance: ReturnType<typeof chances.open> | null = null;
  const orders: Orders = {
    // As Holdings does it.
    async claim() {
      clearTimeout(quit);
      lease.arm();
      lease.endDrain();
      macs?.prepare(owner);
      for (const address of router.addresses) await network.addAddress(device, address);
      macs?.raise(owner);
      for (const address of router.addresses) network.announce(INTERFACE, address, mac);
      if (macs === undefined) return;
      for (const address of router.addresses) await network.removeAddress(INTERFACE, address);
    },
    async give(drainMs) {
      lease.drain(drainMs);
      lease.end();
      if (macs === undefined) return;
      for (const address of router.addresses) await network.addAddress(INTERFACE, address);
      quit = setTimeout(() => macs.lower(owner), quitDeviceMicros / 1000);
    },
    sweep: () => {
      chances.sweep();
      leases.sweep([]);
    },
    count: () => census.count(addresses),
    endDrain: () => lease.endDrain(),
    // As Negotiations does it.
    async passOn(peer) {
      chance?.close();
      chance = null;
      if (peer === null) return;
      await census.forget(addresses);
      chance = chances.open({ ...owner, addresses: router.addresses, peer: parseIp(peer)! });
    },
    passed: () => chance?.counters() ?? { packets: 0, bytes: 0 },
    said: () => said,
    async quit() {
      clearTimeout(quit);
      chances.close();
      leases.close();
      for (const address of router.addresses) {
        await network.removeAddress(INTERFACE, address);
        if (device !== INTERFACE) await network.removeAddress(device, address);
      }
      macs?.remove(owner);
      network.close();
      process.disconnect?.();
      process.exit();
    },
  };
  process.on('message', async ([order, argument]: [keyof Orders, never]) => {
    try {
      process.send?.({ value: (await orders[order](argument)) ?? null });
    } catch (error) {
      process.send?.({ error: `${order}: ${(error as Error).stack}` });
    }
  });
  process.send?.({ value: 'ready' });
}

if (import.meta.main) await main(JSON.parse(process.argv[2]!));
