/** Two agents on one simulated LAN, for the tests of the driver. */
import type { AgentConfig, VirtualRouterConfig } from '../../src/config/agent-config.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import type { Logger } from '../ports.ts';
import type { Transition } from '../status.ts';
import { Prng } from './prng.ts';
import { SimClock } from './sim-clock.ts';
import { SimHost } from './sim-host.ts';
import { SimLan } from './sim-lan.ts';

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

export function agentConfig(
  node: string,
  router: VirtualRouterConfig,
  rest: Partial<AgentConfig> = {},
): AgentConfig {
  return {
    node,
    nodes: ['a', 'b'],
    digest: '0'.repeat(64),
    virtualRouters: [router],
    healthScripts: [],
    ...rest,
  };
}

export interface PairOptions {
  readonly a?: Partial<VirtualRouterConfig>;
  readonly b?: Partial<VirtualRouterConfig>;
  readonly both?: Partial<VirtualRouterConfig>;
  readonly rest?: Partial<AgentConfig>;
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
  readonly logs: LogLine[] = [];
  readonly journal: string[] = [];
  readonly transitions: (Transition & { node: string })[] = [];
  /** Nodes that announced the address, in order. */
  readonly announcements: string[] = [];
  readonly a: SimHost;
  readonly b: SimHost;

  constructor(options: PairOptions = {}) {
    const host = (node: string, address: string, router: Partial<VirtualRouterConfig>) =>
      new SimHost({
        clock: this.clock,
        prng: this.prng,
        lan: this.lan,
        interface: 'eth0',
        source: parseIp(address)!,
        config: agentConfig(node, routerConfig({ ...options.both, ...router }), options.rest),
        addressMicros: 500,
        jitterMicros: 100,
        driftPpm: 0,
        log: keepingLogger(this.logs),
        journal: (line) => this.journal.push(line),
        onChange: () => {},
        onAnnounce: () => this.announcements.push(node),
      });
    this.a = host('a', '198.51.100.11', { priority: 200, ...options.a });
    this.b = host('b', '198.51.100.12', { priority: 100, ...options.b });
  }

  async start(): Promise<void> {
    for (const host of [this.a, this.b]) this.startHost(host);
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
