/** Two agents on one simulated LAN, for the tests of the driver. */
import type { AgentConfig, VirtualRouterConfig } from '../../src/config/agent-config.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import type { AgentEvent } from '../events/event-types.ts';
import type { Logger } from '../ports.ts';
import type { RouterStatus, Transition } from '../status.ts';
import type { StateName } from '../virtual-router/action.ts';
import { Prng } from './prng.ts';
import { attachStranger } from './sim-claims.ts';
import { SimClock } from './sim-clock.ts';
import { SimHost } from './sim-host.ts';
import { SimLan } from './sim-lan.ts';
import { SimSideLink } from './sim-pair-link.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** A logger that keeps its lines. */
export function keepingLogger(lines: LogLine[]): Logger {
  const write = (level: LogLine['level']) => (_fields: object, message: string) => {
    lines.push({ level, message });
  };
  const log: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => log,
  };
  return log;
}

export const VIRTUAL_ADDRESS = '198.51.100.100';
export const WITNESS = '198.51.100.1';

export function routerConfig(overrides: Partial<VirtualRouterConfig> = {}): VirtualRouterConfig {
  return {
    name: 'web',
    vrid: 51,
    interface: 'eth0',
    family: 4,
    version: 3,
    priority: 100,
    advertIntervalMs: 100,
    addresses: [{ address: VIRTUAL_ADDRESS, prefixLength: 24 }],
    preempt: true,
    peer: 'tandem',
    strictRfc: false,
    track: { proxy: false, interfaces: [], scripts: [] },
    ...overrides,
  };
}

/** The two routers that one with addresses of both families is. */
export function bothFamilies(overrides: Partial<VirtualRouterConfig>): VirtualRouterConfig[] {
  const addresses = ['fe80::100', '2001:db8::100'];
  return [
    routerConfig({ ...overrides, syncGroup: 'web' }),
    routerConfig({
      ...overrides,
      name: 'web.ipv6',
      family: 6,
      syncGroup: 'web',
      addresses: addresses.map((address) => ({ address, prefixLength: 64 })),
    }),
  ];
}

export function agentConfig(
  node: string,
  virtualRouters: readonly VirtualRouterConfig[],
  rest: Partial<AgentConfig> = {},
): AgentConfig {
  return {
    node,
    nodes: ['a', 'b'],
    digest: '0'.repeat(64),
    virtualRouters,
    healthScripts: [],
    ...rest,
  };
}

export interface PairOptions {
  readonly a?: Partial<VirtualRouterConfig>;
  readonly b?: Partial<VirtualRouterConfig>;
  readonly both?: Partial<VirtualRouterConfig>;
  readonly rest?: Partial<AgentConfig>;
  /** Addresses that `a` and `b` send from. */
  readonly sources?: readonly [string, string];
  /** The hosts' kernels have leases. */
  readonly leased?: boolean;
  /** The agents hear who claims an address, and know where the other one is. */
  readonly claims?: boolean;
  /** They have a side link, and a witness on the LAN. */
  readonly paired?: boolean;
  /** Their wall clocks agree; else they are many minutes apart. */
  readonly synchronous?: boolean;
  /** All virtual routers, in place of the usual ones. */
  readonly routers?: Readonly<Record<'a' | 'b', readonly VirtualRouterConfig[]>>;
  /** Priorities of a second virtual router on the same interface, with the first one's BFD or none. */
  readonly second?: { readonly a: number; readonly b: number; readonly bfd?: boolean };
}

/** Host `a` (priority 200, 198.51.100.11) and host `b` (100, .12) on a clean LAN. */
export class SimPair {
  readonly clock = new SimClock();
  readonly prng = new Prng(1);
  readonly lan = new SimLan(this.clock, this.prng, {
    loss: 0,
    duplication: 0,
    delayMinMicros: 30,
    delayMaxMicros: 60,
  });
  readonly sideLink = new SimSideLink({
    clock: this.clock,
    prng: this.prng,
    delayMinMicros: 100,
    delayMaxMicros: 300,
  });
  readonly logs: LogLine[] = [];
  readonly journals: Readonly<Record<'a' | 'b', string[]>> = { a: [], b: [] };
  /** Everything that the agents of a host told. */
  readonly events: Readonly<Record<'a' | 'b', AgentEvent[]>> = { a: [], b: [] };
  readonly transitions: (Transition & { node: string })[] = [];
  /** Nodes that announced the address, in order. */
  readonly announcements: string[] = [];
  readonly a: SimHost;
  readonly b: SimHost;

  constructor(options: PairOptions = {}) {
    const [sourceA, sourceB] = options.sources ?? ['198.51.100.11', '198.51.100.12'];
    const second = (node: 'a' | 'b'): VirtualRouterConfig[] =>
      options.second === undefined
        ? []
        : [
            routerConfig({
              name: 'web2',
              vrid: 52,
              priority: options.second[node],
              ...(options.second.bfd === true ? { bfd: options[node]!.bfd! } : {}),
              addresses: [{ address: '198.51.100.101', prefixLength: 24 }],
            }),
          ];
    const host = (node: 'a' | 'b', address: string, router: Partial<VirtualRouterConfig>) =>
      new SimHost({
        clock: this.clock,
        prng: this.prng,
        lan: this.lan,
        interface: 'eth0',
        source: parseIp(address)!,
        second: parseIp(node === 'a' ? 'fe80::11' : 'fe80::12')!,
        config: agentConfig(
          node,
          options.routers?.[node] ?? [
            routerConfig({
              ...(options.paired === true ? { witness: WITNESS } : {}),
              ...options.both,
              ...router,
            }),
            ...second(node),
          ],
          {
            ...(options.claims === true
              ? { peerAddresses: [node === 'a' ? sourceB : sourceA] }
              : {}),
            ...options.rest,
          },
        ),
        addressMicros: 500,
        jitterMicros: 100,
        driftPpm: 0,
        leased: options.leased === true,
        claims: options.claims === true,
        ...(options.paired === true ? { sideLink: this.sideLink } : {}),
        ...(options.synchronous === true
          ? { wallClock: () => 1_800_000_000_000_000 + this.clock.now }
          : {}),
        log: keepingLogger(this.logs),
        journal: (line) => this.journals[node].push(line),
        events: (event) => this.events[node].push(event),
        onChange: () => {},
        onAnnounce: () => this.announcements.push(node),
      });
    this.a = host('a', sourceA, { priority: 200, ...options.a });
    this.b = host('b', sourceB, { priority: 100, ...options.b });
  }

  /** Starts both, and waits until one of them is Active. */
  async elected(): Promise<this> {
    for (const host of [this.a, this.b]) this.startHost(host);
    await this.run(500_000);
    return this;
  }

  /** Somebody else on the LAN answers for the virtual address. */
  intrude(): void {
    const [source, ip] = [parseIp('198.51.100.66')!, parseIp(VIRTUAL_ADDRESS)!];
    attachStranger(this.lan, { mac: Uint8Array.of(2, 0, 0, 0, 0, 66), source, ip });
  }

  /** The router's status on a host. */
  router(host: SimHost): RouterStatus {
    const status = host.agent?.status().routers[0];
    if (status === undefined) throw new Error(`no agent on ${host.config.node}`);
    return status;
  }

  /** Messages of a level that match. */
  logged(pattern: RegExp): string[] {
    return this.logs.map(({ message }) => message).filter((message) => pattern.test(message));
  }

  /** Runs until the host is in a state, at most for a time; returns what it took. */
  async until(host: SimHost, state: StateName, mostMicros: number): Promise<number> {
    const from = this.clock.now;
    while (this.router(host).state !== state) {
      if (this.clock.now - from > mostMicros) throw new Error(`${state} not in ${mostMicros} us`);
      await this.run(100);
    }
    return this.clock.now - from;
  }

  startHost(host: SimHost): void {
    host.start();
    host.agent?.onTransition((transition) =>
      this.transitions.push({ node: host.config.node, ...transition }),
    );
  }

  async run(micros: number): Promise<void> {
    await this.clock.runUntil(this.clock.now + micros);
  }

  states(): (string | undefined)[] {
    return [this.a, this.b].map((host) => host.agent?.status().routers[0]?.state);
  }

  holders(): string[] {
    return [this.a, this.b]
      .filter((host) => host.addresses.size > 0)
      .map((host) => host.config.node);
  }

  async stop(): Promise<void> {
    const stops = [this.a, this.b].map((host) => host.agent?.stop());
    await this.run(1_000_000);
    await Promise.all(stops);
  }
}
