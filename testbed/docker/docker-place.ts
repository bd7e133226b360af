/** The Docker testbed as a place for drills: the pair of compose.yaml, its origins and its client. */

import { stage, stageFolder } from '../../scripts/stage.ts';
import type { Place } from '../drills/place.ts';
import type { OnStep } from '../drills/run-drill.ts';
import { virtualAddress4 } from '../lab/address-plan.ts';
import { AddressWatch } from '../lab/address-watch.ts';
import { Probe } from '../lab/probe.ts';
import { type ProbeOptions, probeModes } from '../lab/prober.ts';
import type { Half } from '../lab/stacks/stack.ts';
import { containerOf, Edge } from './edge.ts';
import { compose, demandFreeEngine, dockerExec, removeProject } from './engine.ts';
import { limits } from './limits.ts';
import { watchedContainer } from './watched-container.ts';

const EDGES = ['edge-a', 'edge-b'] as const;

const NODE = '/usr/lib/tandem/bin/node';
const PROBER = '/usr/lib/tandem/testbed/lab/prober.ts';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The interval of tandem.yaml. */
const ADVERT_MS = 100;

/** The running Compose project; {@link DockerPlace.close} removes it. */
export class DockerPlace implements Place {
  readonly kind = 'docker';
  readonly stack = 'tandem';
  readonly edges = EDGES;
  readonly address = virtualAddress4;
  readonly advertMs = ADVERT_MS;
  /** Compose's edges have no pair connection. */
  readonly agrees = false;
  readonly modes = probeModes;
  readonly can = {};
  readonly watch: AddressWatch;
  readonly #edges: ReadonlyMap<string, Edge>;
  /** What is being done to the edges now: removal waits for it, or a start could undo it. */
  readonly #underway = new Set<Promise<unknown>>();
  #closing: Promise<void> | null = null;

  private constructor(watch: AddressWatch, edges: ReadonlyMap<string, Edge>) {
    this.watch = watch;
    this.#edges = edges;
  }

  /**
   * Builds the image out of the staged product and brings the project up. Rejects when there is no
   * engine and when the testbed is up already. Nothing is left when it rejects, nor when SIGINT or
   * SIGTERM ends the process meanwhile.
   */
  static async boot(onStep: OnStep): Promise<DockerPlace> {
    await demandFreeEngine();
    const interrupt = new AbortController();
    const onSignal = (name: NodeJS.Signals) => interrupt.abort(name);
    for (const name of STOP_SIGNALS) process.on(name, onSignal);
    try {
      return await DockerPlace.#bringUp(interrupt.signal, onStep);
    } catch (error) {
      onStep('taking the testbed down');
      const logs = await logsOf(EDGES.map((name) => new Edge(name)));
      await removeProject();
      throw new Error(`${(error as Error).message}\n${logs}`);
    } finally {
      for (const name of STOP_SIGNALS) process.off(name, onSignal);
      // Now it ends this process, as it would have done at once.
      if (interrupt.signal.aborted) process.kill(process.pid, interrupt.signal.reason);
    }
  }

  static async #bringUp(signal: AbortSignal, onStep: OnStep): Promise<DockerPlace> {
    onStep('building the image');
    stage(stageFolder);
    await compose(['build', EDGES[0]], { signal, timeoutMs: limits.buildTimeoutMs });
    onStep('starting the containers');
    await compose(['up', '--detach', '--no-build'], { signal });
    const edges = new Map(EDGES.map((name) => [name, new Edge(name)]));
    await Promise.all([...edges.values()].map((edge) => edge.attach()));
    const gone = (name: string) => () => watch.note(name, false);
    const hosts = EDGES.map((name) =>
      watchedContainer(name, containerOf(name), virtualAddress4, 'tandem', gone(name)),
    );
    const watch: AddressWatch = await AddressWatch.start(hosts, virtualAddress4);
    if (signal.aborted) throw new Error('interrupted');
    return new DockerPlace(watch, edges);
  }

  crash(edge: string): Promise<void> {
    return this.#do(edge, (it) => it.crash());
  }

  start(edge: string): Promise<void> {
    return this.#do(edge, async (it) => {
      if (await it.start()) await this.watch.follow(edge);
    });
  }

  stop(edge: string): Promise<void> {
    return this.#do(edge, (it) => it.stop());
  }

  cut(edge: string): Promise<void> {
    return this.#do(edge, (it) => it.setLink('down'));
  }

  heal(edge: string): Promise<void> {
    return this.#do(edge, (it) => it.setLink('up'));
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
      dockerExec(containerOf('client'), 'tandem', [NODE, PROBER, argument]);
    return Probe.start(start, { ...options, address: this.address });
  }

  logs(): Promise<string> {
    return logsOf([...this.#edges.values()]);
  }

  /** Removes the containers and the network. May be called more than once. */
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

  async #do(name: string, fault: (edge: Edge) => Promise<void>): Promise<void> {
    if (this.#closing !== null) throw new Error('the testbed is being taken down');
    const work = fault(this.#edges.get(name)!);
    this.#underway.add(work);
    try {
      await work;
    } finally {
      this.#underway.delete(work);
    }
  }
}

async function logsOf(edges: readonly Edge[]): Promise<string> {
  const texts = edges.map(async (edge) => `--- ${edge.container}\n${await edge.logs()}`);
  return (await Promise.all(texts)).join('\n');
}
