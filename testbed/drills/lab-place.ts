/** The lab as a place for drills: a pair, three Node origins and a client in namespaces. */

import type { ChildProcess } from 'node:child_process';
import { basename, join } from 'node:path';
import {
  address4,
  clientPlan,
  edgeA,
  edgeB,
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
import { goFirstOurselves } from '../lab/go-first.ts';
import { INSTRUMENT_FLAGS } from '../lab/instrument-flags.ts';
import { Lab } from '../lab/lab.ts';
import { Probe } from '../lab/probe.ts';
import type { ProbeOptions } from '../lab/prober.ts';
import { signal } from '../lab/process-table.ts';
import { startNodeOrigin } from '../lab/stacks/origins.ts';
import type { Half, PairSettings, RunningEdge, Stack } from '../lab/stacks/stack.ts';
import type { Answer } from './drill.ts';
import type { Place } from './place.ts';

const PROBER = join(import.meta.dirname, '..', 'lab', 'prober.ts');
const ASKER = join(import.meta.dirname, '..', 'lab', 'arp-asker.ts');

/**
 * Who asks for answers: not the client, whose kernel would learn from them where the address is, and
 * would need no announcement.
 */
const observerPlan = originPlans[2]!;

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

/** A booted pair with its origins, client and address watch; {@link LabPlace.close} ends it all. */
export class LabPlace implements Place {
  readonly kind = 'lab';
  readonly edges = [edgeA.name, edgeB.name] as const;
  readonly address = virtualAddress4;
  readonly lab: Lab;
  readonly watch: AddressWatch;
  readonly #stack: Stack;
  readonly #settings: PairSettings;
  readonly #running = new Map<string, RunningEdge>();

  private constructor(lab: Lab, watch: AddressWatch, stack: Stack, settings: PairSettings) {
    this.lab = lab;
    this.watch = watch;
    this.#stack = stack;
    this.#settings = settings;
  }

  get stack(): string {
    return this.#stack.name;
  }

  get advertMs(): number {
    return this.#settings.advertMs;
  }

  get tcp(): boolean {
    return this.#stack.tcp;
  }

  /** Boots hosts and origins, then both edges. Nothing is left when it rejects. */
  static async boot(stack: Stack, advertMs: number, bfdMs?: number): Promise<LabPlace> {
    const place = await LabPlace.prepare(stack, advertMs, bfdMs);
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
  static async prepare(stack: Stack, advertMs: number, bfdMs?: number): Promise<LabPlace> {
    const lab = await Lab.create({ hosts: pairPlan });
    try {
      await Promise.all(originPlans.map((plan) => startNodeOrigin(lab.host(plan.name))));
      const watch = await lab.watch(virtualAddress4, [edgeA.name, edgeB.name]);
      goFirstOurselves();
      return new LabPlace(lab, watch, stack, labSettings(advertMs, bfdMs));
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  crash(edge: string): Promise<void> {
    this.#running.delete(edge);
    return this.lab.crash(edge);
  }

  async start(edge: string): Promise<void> {
    await this.lab.heal(edge);
    this.#running.set(edge, await this.#stack.start(this.lab.host(edge), this.#settings));
  }

  async stop(edge: string): Promise<void> {
    const running = this.#running.get(edge);
    this.#running.delete(edge);
    await running?.stop();
  }

  cut(edge: string): Promise<void> {
    return this.lab.cut(edge);
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
    const start = (argument: string) => this.#instrument(clientPlan, PROBER, argument);
    return Probe.start(start, { ...options, address: this.address });
  }

  async watchAnswers(everyMs: number): Promise<() => Promise<readonly Answer[]>> {
    const start = (argument: string) => this.#instrument(observerPlan, ASKER, argument);
    const watch = await AnswerWatch.start(start, {
      interface: lans.edge.interface,
      target: this.address,
      sender: { mac: macAddress(observerPlan), address: address4(observerPlan) },
      everyMs,
    });
    const names = new Map(pairPlan.map((plan) => [macAddress(plan), plan.name]));
    return async () =>
      (await watch.stop()).map(({ atMs, mac }) => ({ atMs, host: names.get(mac) ?? mac }));
  }

  #instrument(plan: HostPlan, program: string, argument: string): ChildProcess {
    const log = basename(program, '.ts');
    const argv = [process.execPath, ...INSTRUMENT_FLAGS, program, argument];
    return this.lab.host(plan.name).spawn(argv, { streams: 'pipe', log, instrument: true }).child;
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
    return this.lab.close();
  }
}
