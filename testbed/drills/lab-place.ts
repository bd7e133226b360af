/** The lab as a place for drills: a pair, three Node origins and a client in namespaces. */

import type { ChildProcess } from 'node:child_process';
import { basename, join } from 'node:path';
import {
  address4,
  clientPlan,
  edgeA,
  edgeB,
  gatewayPlan,
  type HostPlan,
  lans,
  macAddress,
  originPlans,
  pairPlan,
  virtualAddress4,
  virtualAddress6,
  virtualLinkLocal6,
} from '../lab/address-plan.ts';
import type { AddressWatch } from '../lab/address-watch.ts';
import { AdvertClock } from '../lab/advert-clock.ts';
import { AnswerWatch } from '../lab/answer-watch.ts';
import { AnsweringWatch } from '../lab/answering-watch.ts';
import { goFirstOurselves } from '../lab/go-first.ts';
import { INSTRUMENT_FLAGS } from '../lab/instrument-flags.ts';
import { Lab } from '../lab/lab.ts';
import { Probe } from '../lab/probe.ts';
import type { ProbeMode, ProbeOptions } from '../lab/prober.ts';
import { signal } from '../lab/process-table.ts';
import type { Half, PairSettings, RunningEdge, Stack } from '../lab/stacks/stack.ts';
import { waitUntil } from '../lab/wait-until.ts';
import type { Answer } from './drill.ts';
import { LabAbilities } from './lab-abilities.ts';
import { limits } from './limits.ts';
import type { Place } from './place.ts';

const PROBER = join(import.meta.dirname, '..', 'lab', 'prober.ts');
const ASKER = join(import.meta.dirname, '..', 'lab', 'arp-asker.ts');

/**
 * Who asks for answers: not the client, whose kernel would learn from them where the address is, and
 * would need no announcement.
 */
const observerPlan = originPlans[2]!;

/** What it asks. */
const QUESTION = {
  interface: lans.edge.interface,
  target: virtualAddress4,
  sender: { mac: macAddress(observerPlan), address: address4(observerPlan) },
};
/** Between two of its questions, where it watches who holds the address. */
const WATCH_MS = 5;

const EDGE_MACS = new Map([edgeA, edgeB].map((plan) => [macAddress(plan), plan.name]));

/** Settings of the pair in the lab; `bfdMs` absent: no BFD. */
export function labSettings(advertMs: number, bfdMs?: number): PairSettings {
  return {
    edges: [edgeA, edgeB].map((plan) => ({ name: plan.name, address: address4(plan) })),
    virtualAddresses: [virtualAddress4, virtualLinkLocal6, virtualAddress6],
    vrid: 51,
    advertMs,
    ...(bfdMs === undefined ? {} : { bfdMs }),
    origins: originPlans.map((plan) => address4(plan)),
  };
}

/** The same for drills: with a second path between the edges, a gateway and a health script. */
export function drillSettings(advertMs: number, bfdMs?: number): PairSettings {
  return {
    ...labSettings(advertMs, bfdMs),
    watched: {
      sides: [edgeA, edgeB].map((plan) => address4(plan, 'side')),
      gateway: address4(gatewayPlan),
    },
  };
}

/** What {@link drillSettings} is for: what a pair in production has, but for the gateway. */
export const drillPlan: readonly HostPlan[] = pairPlan.map((plan) =>
  plan === edgeA || plan === edgeB ? withSide(plan) : plan,
);

function withSide(plan: HostPlan): HostPlan {
  return { ...plan, lans: ['edge', 'side'] };
}

/** How a place is booted; all may be left out. */
export interface PlaceOptions {
  /** Time between BFD packets; absent: no BFD. */
  readonly bfdMs?: number;
  /** See PairSettings; only where nothing else runs on this machine. */
  readonly startsAside?: boolean;
}

/** A booted pair with its origins, client and address watch; {@link LabPlace.close} ends it all. */
export class LabPlace implements Place {
  readonly kind = 'lab';
  readonly edges = [edgeA.name, edgeB.name] as const;
  readonly address = virtualAddress4;
  readonly lab: Lab;
  /** Who answers for the address. */
  readonly watch: AnsweringWatch;
  /** Who has it configured. */
  readonly configured: AddressWatch;
  readonly can: LabAbilities;
  readonly #stack: Stack;
  readonly #settings: PairSettings;
  readonly #running = new Map<string, RunningEdge>();

  private constructor(
    lab: Lab,
    watch: AnsweringWatch,
    configured: AddressWatch,
    stack: Stack,
    settings: PairSettings,
  ) {
    this.lab = lab;
    this.can = new LabAbilities(lab, stack, settings, async (edge, env) => {
      await this.stop(edge);
      await this.#start(edge, env);
    });
    this.watch = watch;
    this.configured = configured;
    this.#stack = stack;
    this.#settings = settings;
  }

  get stack(): string {
    return this.#stack.name;
  }

  get advertMs(): number {
    return this.#settings.advertMs;
  }

  get agrees(): boolean {
    return this.#stack.agrees;
  }

  get modes(): readonly ProbeMode[] {
    return this.#stack.modes;
  }

  /** Boots hosts and origins, then both edges. Nothing is left when it rejects. */
  static async boot(stack: Stack, advertMs: number, options: PlaceOptions = {}): Promise<LabPlace> {
    const place = await LabPlace.prepare(stack, advertMs, options);
    try {
      await Promise.all(place.edges.map((edge) => place.start(edge)));
      return place;
    } catch (error) {
      const logs = await place.logs();
      await place.close();
      throw new Error(`${(error as Error).message}\n${logs}`);
    }
  }

  /** Boots everything but the edges' services. */
  static async prepare(
    stack: Stack,
    advertMs: number,
    { bfdMs, startsAside = false }: PlaceOptions = {},
  ): Promise<LabPlace> {
    const lab = await Lab.create({ hosts: [...drillPlan, gatewayPlan] });
    const settings = { ...drillSettings(advertMs, bfdMs), startsAside };
    try {
      const configured = await lab.watch(virtualAddress4, [edgeA.name, edgeB.name]);
      const start = (argument: string) => instrument(lab, observerPlan, ASKER, argument);
      const watch = await AnsweringWatch.start(
        start,
        { ...QUESTION, everyMs: WATCH_MS },
        EDGE_MACS,
      );
      const place = new LabPlace(lab, watch, configured, stack, settings);
      const { origins } = place.can;
      await Promise.all(origins.names.map((name) => origins.start(name)));
      goFirstOurselves();
      return place;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  crash(edge: string): Promise<void> {
    this.#running.delete(edge);
    return this.lab.crash(edge);
  }

  start(edge: string): Promise<void> {
    return this.#start(edge, {});
  }

  async #start(edge: string, env: Readonly<Record<string, string>>): Promise<void> {
    await this.lab.heal(edge);
    const host = this.lab.host(edge);
    this.#running.set(edge, await this.#stack.start(host, { ...this.#settings, env }));
    const ready = () => this.#stack.ready(host);
    await waitUntil(`${edge} is ready`, ready, limits.settleTimeoutMs, limits.readyEveryMs);
    host.serves();
    host.spread();
  }

  async stop(edge: string): Promise<void> {
    const running = this.#running.get(edge);
    this.#running.delete(edge);
    await running?.stop();
  }

  cut(edge: string): Promise<void> {
    return this.lab.cut(edge, 'edge');
  }

  heal(edge: string): Promise<void> {
    return this.lab.heal(edge);
  }

  async freeze(edge: string): Promise<void> {
    this.lab.host(edge).signal('SIGSTOP');
  }

  async thaw(edge: string): Promise<void> {
    this.lab.host(edge).signal('SIGCONT');
  }

  async kill(edge: string, half: Half): Promise<void> {
    const count = this.lab.host(edge).signal('SIGKILL', this.#stack.halves[half]);
    if (count === 0) throw new Error(`no ${half} process of ${this.stack} runs on ${edge}`);
  }

  /** What {@link Place.cut} does, ready to be done within a millisecond. */
  aimCut(edge: string): () => void {
    return this.lab.switch.cutter(this.lab.host(edge));
  }

  /** Finds the processes of a half now, to signal them without looking later. */
  aimSignal(edge: string, half: Half): (name: NodeJS.Signals) => void {
    const host = this.lab.host(edge);
    const found = host.processes().filter((it) => this.#stack.halves[half].test(it.commandLine));
    if (found.length === 0) throw new Error(`no ${half} process of ${this.stack} runs on ${edge}`);
    return (name) => {
      for (const { pid } of found) signal(pid, name);
    };
  }

  /** Hears the adverts of the pair from the client's place. */
  adverts(): Promise<AdvertClock> {
    return AdvertClock.start(this.lab.host(clientPlan.name));
  }

  probe(options: Omit<ProbeOptions, 'address'>): Promise<Probe> {
    const start = (argument: string) => instrument(this.lab, clientPlan, PROBER, argument);
    return Probe.start(start, { ...options, address: this.address });
  }

  async watchAnswers(everyMs: number): Promise<() => Promise<readonly Answer[]>> {
    const start = (argument: string) => instrument(this.lab, observerPlan, ASKER, argument);
    const watch = await AnswerWatch.start(start, { ...QUESTION, everyMs });
    return async () =>
      (await watch.stop()).map(({ atMs, mac }) => ({ atMs, host: EDGE_MACS.get(mac) ?? mac }));
  }

  async logs(): Promise<string> {
    return this.edges
      .flatMap((edge) =>
        this.lab
          .host(edge)
          .logs()
          .map((log) => `--- ${edge} ${log}\n${this.lab.host(edge).logTail(log)}`),
      )
      .join('\n');
  }

  close(): Promise<void> {
    this.watch.close();
    return this.lab.close();
  }
}

function instrument(lab: Lab, plan: HostPlan, program: string, argument: string): ChildProcess {
  const log = basename(program, '.ts');
  const argv = [process.execPath, ...INSTRUMENT_FLAGS, program, argument];
  return lab.host(plan.name).spawn(argv, { streams: 'pipe', log, instrument: true }).child;
}
