/** The Docker testbed as a place for drills: the pair of compose.yaml, its origins and its client. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from '../../scripts/package/control.ts';
import { buildPackage } from '../../scripts/package/main.ts';
import { stage, stageFolder } from '../../scripts/stage.ts';
import type { Answer } from '../drills/drill.ts';
import type { Place, PlaceKind } from '../drills/place.ts';
import type { OnStep } from '../drills/run-drill.ts';
import {
  address4,
  edgeA,
  edgeB,
  type HostPlan,
  lans,
  virtualAddress4,
} from '../lab/address-plan.ts';
import { AnswerWatch } from '../lab/answer-watch.ts';
import { AnsweringWatch } from '../lab/answering-watch.ts';
import type { AskerOptions } from '../lab/arp-asker.ts';
import { Probe } from '../lab/probe.ts';
import { type ProbeOptions, probeModes } from '../lab/prober.ts';
import type { Half } from '../lab/stacks/stack.ts';
import { DockerAbilities } from './docker-abilities.ts';
import { containerOf, Edge } from './edge.ts';
import { compose, demandFreeEngine, docker, dockerExec, removeProject } from './engine.ts';
import { limits } from './limits.ts';

const EDGES = [edgeA.name, edgeB.name] as const;

const ROOT = join(import.meta.dirname, '..', '..');

const NODE = '/usr/lib/tandem/bin/node';
const LAB = '/usr/lib/tandem/testbed/lab';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The interval of tandem.yaml. */
const ADVERT_MS = 100;

/** Asks who answers for the address: not the client, whose kernel would learn from the answers. */
export const observerPlan: HostPlan = { name: 'observer', number: 51 };

/** Between two of its questions, where it watches who holds the address. */
const WATCH_MS = 5;

/** The running Compose project; {@link DockerPlace.close} removes it. */
export class DockerPlace implements Place {
  readonly kind: PlaceKind;
  readonly stack = 'tandem';
  readonly edges = EDGES;
  readonly address = virtualAddress4;
  readonly advertMs = ADVERT_MS;
  readonly agrees = true;
  readonly modes = probeModes;
  readonly can: DockerAbilities;
  readonly watch: AnsweringWatch;
  readonly #edges: ReadonlyMap<string, Edge>;
  readonly #macs: MacAddresses;
  readonly #question: Omit<AskerOptions, 'everyMs'>;
  /** What is being done to the edges now: removal waits for it, or a start could undo it. */
  readonly #underway = new Set<Promise<unknown>>();
  #closing: Promise<void> | null = null;

  private constructor(
    watch: AnsweringWatch,
    edges: ReadonlyMap<string, Edge>,
    macs: MacAddresses,
    question: Omit<AskerOptions, 'everyMs'>,
    kind: PlaceKind,
  ) {
    this.kind = kind;
    this.watch = watch;
    this.#edges = edges;
    this.#macs = macs;
    this.#question = question;
    this.can = new DockerAbilities((name, work) => this.#do(name, work), macs.ofEdge, ADVERT_MS);
  }

  /**
   * Builds the images out of the staged product, with `systemd` those of the edges out of the package,
   * and brings the project up. Rejects when there is no
   * engine and when the testbed is up already. Nothing is left when it rejects, nor when SIGINT or
   * SIGTERM ends the process meanwhile.
   */
  static async boot(systemd: boolean, onStep: OnStep): Promise<DockerPlace> {
    await demandFreeEngine();
    const interrupt = new AbortController();
    const onSignal = (name: NodeJS.Signals) => interrupt.abort(name);
    for (const name of STOP_SIGNALS) process.on(name, onSignal);
    try {
      return await DockerPlace.#bringUp(systemd, interrupt.signal, onStep);
    } catch (error) {
      onStep('taking the testbed down');
      const logs = await logsOf(EDGES.map((name) => new Edge(name, systemd)));
      await removeProject();
      throw new Error(`${(error as Error).message}\n${logs}`);
    } finally {
      for (const name of STOP_SIGNALS) process.off(name, onSignal);
      // Now it ends this process, as it would have done at once.
      if (interrupt.signal.aborted) process.kill(process.pid, interrupt.signal.reason);
    }
  }

  static async #bringUp(
    systemd: boolean,
    signal: AbortSignal,
    onStep: OnStep,
  ): Promise<DockerPlace> {
    onStep('building the images');
    stage(stageFolder);
    if (systemd) buildTestPackage();
    const built = systemd ? [EDGES[0], observerPlan.name] : [EDGES[0]];
    await compose(['build', ...built], { systemd, signal, timeoutMs: limits.buildTimeoutMs });
    onStep('starting the containers');
    await compose(['up', '--detach', '--no-build'], { systemd, signal });
    const edges = new Map(EDGES.map((name) => [name, new Edge(name, systemd)]));
    const macs = new MacAddresses();
    for (const [name, edge] of edges) macs.note(name, await edge.attach());
    const question = await questionOfObserver();
    const watch = await AnsweringWatch.start(
      observe,
      { ...question, everyMs: WATCH_MS },
      macs.edgeOf,
    );
    try {
      await Promise.all([...edges.values()].map((edge) => edge.ready()));
      if (signal.aborted) throw new Error('interrupted');
    } catch (error) {
      watch.close();
      throw error;
    }
    return new DockerPlace(watch, edges, macs, question, systemd ? 'systemd' : 'docker');
  }

  crash(edge: string): Promise<void> {
    return this.#do(edge, (it) => it.crash());
  }

  start(edge: string): Promise<void> {
    return this.#do(edge, async (it) => {
      this.#macs.note(edge, await it.start());
      await it.ready();
    });
  }

  stop(edge: string): Promise<void> {
    return this.#do(edge, (it) => it.stop());
  }

  cut(edge: string): Promise<void> {
    return this.#do(edge, (it) => it.setLinks([lans.edge], 'down'));
  }

  heal(edge: string): Promise<void> {
    return this.#do(edge, (it) => it.setLinks([lans.edge], 'up'));
  }

  freeze(edge: string): Promise<void> {
    return this.#do(edge, (it) => it.freeze());
  }

  thaw(edge: string): Promise<void> {
    return this.#do(edge, (it) => it.thaw());
  }

  kill(edge: string, half: Half): Promise<void> {
    return this.#do(edge, (it) => it.kill(half));
  }

  probe(options: Omit<ProbeOptions, 'address'>): Promise<Probe> {
    const start = (argument: string) =>
      dockerExec(containerOf('client'), 'tandem', [NODE, `${LAB}/prober.ts`, argument]);
    return Probe.start(start, { ...options, address: this.address });
  }

  async watchAnswers(everyMs: number): Promise<() => Promise<readonly Answer[]>> {
    const watch = await AnswerWatch.start(observe, { ...this.#question, everyMs });
    const { edgeOf } = this.#macs;
    return async () =>
      (await watch.stop()).map(({ atMs, mac }) => ({ atMs, host: edgeOf.get(mac) ?? mac }));
  }

  logs(): Promise<string> {
    return logsOf([...this.#edges.values()]);
  }

  /** Removes the containers and the networks. May be called more than once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#underway);
    this.watch.close();
    for (const edge of this.#edges.values()) edge.detach();
    await removeProject();
  }

  async #do<Result>(name: string, work: (edge: Edge) => Promise<Result>): Promise<Result> {
    if (this.#closing !== null) throw new Error('the testbed is being taken down');
    const underway = work(this.#edges.get(name)!);
    this.#underway.add(underway);
    try {
      return await underway;
    } finally {
      this.#underway.delete(underway);
    }
  }
}

/** The package of this checkout, quickly. */
function buildTestPackage(): void {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const arch = process.arch as Architecture;
  buildPackage({ version, revision: 1, arch }, join(ROOT, 'dist', 'package'), { fast: true });
}

/** Docker may give an edge another one when it starts again. */
class MacAddresses {
  readonly ofEdge = new Map<string, string>();
  readonly edgeOf = new Map<string, string>();

  note(edge: string, mac: string): void {
    this.ofEdge.set(edge, mac);
    this.edgeOf.set(mac, edge);
  }
}

/** Runs `arp-asker.ts` there, with the only right that the container has. */
function observe(argument: string): ChildProcess {
  const program: [string, ...string[]] = [NODE, `${LAB}/arp-asker.ts`, argument];
  return dockerExec(containerOf(observerPlan.name), 'root', program);
}

async function questionOfObserver(): Promise<Omit<AskerOptions, 'everyMs'>> {
  const { interface: name } = lans.edge;
  const mac = await docker([
    ...['exec', containerOf(observerPlan.name)],
    ...['cat', `/sys/class/net/${name}/address`],
  ]);
  const sender = { mac: mac.trim(), address: address4(observerPlan) };
  return { interface: name, target: virtualAddress4, sender };
}

async function logsOf(edges: readonly Edge[]): Promise<string> {
  const texts = edges.map(async (edge) => `--- ${edge.container}\n${await edge.logs()}`);
  return (await Promise.all(texts)).join('\n');
}
