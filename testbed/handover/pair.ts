/** A pair in the lab for the handover drills, with its origins and a client. */

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeDevCertificate } from '../../src/cli/dev-certificate.ts';
import {
  address4,
  clientPlan,
  edgeA,
  edgeB,
  originPlans,
  virtualAddress4,
  virtualAddress6,
  virtualLinkLocal6,
} from '../lab/address-plan.ts';
import type { Host } from '../lab/host.ts';
import { INSTRUMENT_FLAGS } from '../lab/instrument-flags.ts';
import { Lab } from '../lab/lab.ts';
import { monotonicMs } from '../lab/monotonic.ts';
import { waitUntil } from '../lab/wait-until.ts';
import type { HandoverStack, PairSettings, RunningEdge } from './edges/edge.ts';
import { limits } from './limits.ts';

const ORIGIN = join(import.meta.dirname, 'origin.ts');

/** A step of {@link HandoverStack.listen}: this host serves from now on. */
const ACTIVE = /^transition .* Active$/;

/** The virtual address that clients of a family use. */
export const addressOf = { 4: virtualAddress4, 6: virtualAddress6 } as const;

/** A booted pair; {@link HandoverPair.close} ends it all. */
export class HandoverPair {
  /** The first is preferred. */
  readonly edges = [edgeA.name, edgeB.name] as const;
  readonly stack: HandoverStack;
  readonly lab: Lab;
  readonly settings: PairSettings;
  /** What the edges' programs told of the addresses; CLOCK_MONOTONIC, ms. */
  readonly steps: { readonly atMs: number; readonly text: string }[] = [];
  readonly #running = new Map<string, RunningEdge>();
  /** Resolve when an edge holds addresses for the first time since its start, or tells no such thing. */
  readonly #active = new Map<string, Promise<void>>();

  private constructor(lab: Lab, stack: HandoverStack, settings: PairSettings) {
    this.lab = lab;
    this.stack = stack;
    this.settings = settings;
  }

  /** Boots hosts, origins and both edges. Nothing is left when it rejects. */
  static async boot(stack: HandoverStack): Promise<HandoverPair> {
    const edgePlans = [edgeA, edgeB].map((plan) => ({ ...plan, lans: ['edge', 'side'] as const }));
    const lab = await Lab.create({ hosts: [...edgePlans, ...originPlans, clientPlan] });
    const pair = new HandoverPair(lab, stack, {
      edges: edgePlans.map((plan) => ({
        name: plan.name,
        address: address4(plan),
        side: address4(plan, 'side'),
      })),
      virtualAddresses: [virtualAddress4, virtualLinkLocal6, virtualAddress6],
      advertMs: limits.advertMs,
      origins: originPlans.map((plan) => address4(plan)),
      ...writeCertificate(lab.folder),
    });
    try {
      await Promise.all(originPlans.map((plan) => startOrigin(lab.host(plan.name))));
      await Promise.all(pair.edges.map((edge) => pair.start(edge)));
      return pair;
    } catch (error) {
      const logs = pair.logs();
      await lab.close();
      throw new Error(`${(error as Error).message}\n${logs}`);
    }
  }

  get client(): Host {
    return this.lab.host(clientPlan.name);
  }

  host(edge: string): Host {
    return this.lab.host(edge);
  }

  other(edge: string): string {
    return this.edges.find((each) => each !== edge)!;
  }

  /** Power back, where it was gone, and services started. */
  async start(edge: string): Promise<void> {
    await this.lab.heal(edge);
    const host = this.host(edge);
    this.#running.set(edge, await this.stack.start(host, this.settings));
    const active = Promise.withResolvers<void>();
    this.#active.set(edge, active.promise);
    const tells = this.stack.listen(host, (text) => {
      this.steps.push({ atMs: monotonicMs(), text: `${edge} ${text}` });
      if (!ACTIVE.test(text)) return;
      host.serves();
      active.resolve();
    });
    if (!tells) active.resolve();
  }

  /** Waits until an edge that was just started holds the addresses alone. */
  async untilItTakesOver(edge: string): Promise<void> {
    // Where it tells that itself it is not asked: questions take the processor from what is measured.
    const told = this.#active.get(edge) ?? Promise.resolve();
    await Promise.race([told, delay(limits.settleTimeoutMs, undefined, { ref: false })]);
    await delay(limits.quietMs);
    this.#spread();
    await this.untilActive(edge);
  }

  /** An orderly stop of the edge's services, to its end. */
  async stop(edge: string): Promise<void> {
    const running = this.#running.get(edge);
    this.#running.delete(edge);
    await running?.stop();
  }

  /** Power loss. */
  async crash(edge: string): Promise<void> {
    this.#running.delete(edge);
    await this.lab.crash(edge);
  }

  /** Everything on the edge dies at once, but what the kernel was told stays. */
  async killAll(edge: string): Promise<void> {
    this.#running.delete(edge);
    await this.host(edge).killAll();
  }

  /** The addresses go from this edge to the other, on its administrator's word. Resolves when they are there. */
  async move(from: string): Promise<void> {
    const to = this.other(from);
    // First, or the one that gets the addresses would still wish them away.
    await this.stack.release(this.host(to));
    await this.stack.giveAway(this.host(from));
    // Questions would take the processor from what is measured: the two hosts share it here.
    await delay(limits.quietMs);
    await this.untilActive(to, limits.moveTimeoutMs);
  }

  /** Waits until this edge holds the addresses and the other does not. Rejects after a time. */
  async untilActive(edge: string, timeoutMs: number = limits.settleTimeoutMs): Promise<void> {
    const holds = (each: string) => this.stack.holds(this.host(each), this.settings);
    await waitUntil(
      `${edge} holds the addresses alone`,
      async () => (await holds(edge)) && !(await holds(this.other(edge))),
      timeoutMs,
      limits.askEveryMs,
    );
  }

  /** Waits until both could take the addresses; nothing boots any more then. */
  async untilReady(): Promise<void> {
    for (const edge of this.edges) {
      await waitUntil(
        `${edge} could take the addresses`,
        () => this.stack.ready(this.host(edge)),
        limits.settleTimeoutMs,
        limits.askEveryMs,
      );
    }
    this.#spread();
  }

  /** Waits until one of the edges, whichever, holds the addresses and the other does not. */
  async untilOneActive(timeoutMs: number = limits.settleTimeoutMs): Promise<void> {
    const held = () =>
      Promise.all(this.edges.map((edge) => this.stack.holds(this.host(edge), this.settings)));
    await waitUntil(
      'one host holds the addresses',
      async () => (await held()).filter((holds) => holds).length === 1,
      timeoutMs,
      limits.askEveryMs,
    );
  }

  /** What booted has done so: each host has all processors again. */
  #spread(): void {
    for (const edge of this.edges) this.host(edge).spread();
  }

  /** Whether it is one of the pair's virtual addresses (without prefix length). */
  isVirtual(address: string): boolean {
    return this.settings.virtualAddresses.includes(address);
  }

  /** Both run and the preferred one holds the addresses, whatever was before. */
  async restore(): Promise<void> {
    for (const edge of this.edges) {
      if (!this.#running.has(edge)) await this.start(edge);
      await this.stack.release(this.host(edge));
    }
    const [preferred, other] = this.edges;
    // The better host takes them by itself, unless it gave them away on somebody's word.
    const byItself = await this.untilActive(preferred, limits.ownMoveMs).then(
      () => true,
      () => false,
    );
    if (!byItself) await this.move(other);
    await this.untilReady();
    for (const edge of this.edges) this.host(edge).preferAll();
    await this.serves();
  }

  /** Waits until clients are served over both families. */
  async serves(): Promise<void> {
    const deadlineMs = monotonicMs() + limits.settleTimeoutMs;
    for (const address of [virtualAddress4, `[${virtualAddress6}]`]) {
      const ask = ['curl', '-s', '-o', '/dev/null', '-f', '-m', '1', `http://${address}/`];
      while ((await this.client.attempt(ask)).status !== 0) {
        if (monotonicMs() > deadlineMs) throw new Error(`nobody serves ${address}`);
      }
    }
  }

  /** What the edges logged last. */
  logs(lines = 15): string {
    return this.edges
      .flatMap((edge) => {
        const host = this.host(edge);
        return host.logs().map((log) => `--- ${edge} ${log}\n${host.logTail(log, lines)}`);
      })
      .join('\n');
  }

  close(): Promise<void> {
    return this.lab.close();
  }
}

function writeCertificate(folder: string): { certificate: string; key: string } {
  const made = makeDevCertificate(['www.example.com'], Date.now());
  const [certificate, key] = [join(folder, 'site.crt'), join(folder, 'site.key')];
  writeFileSync(certificate, made.certificate);
  writeFileSync(key, made.key, { mode: 0o600 });
  return { certificate, key };
}

async function startOrigin(host: Host): Promise<void> {
  const argv = [process.execPath, ...INSTRUMENT_FLAGS, ORIGIN, host.name, '80', '7'];
  const started = host.spawn(argv, { streams: 'pipe', log: 'origin', elsewhere: true });
  const signal = AbortSignal.timeout(limits.settleTimeoutMs);
  await once(started.child.stdout!, 'data', { signal }).catch((error: Error) => {
    throw new Error(`origin ${host.name}: ${error.message}: ${host.logTail('origin')}`);
  });
}
