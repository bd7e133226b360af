/** Origins that fall ill, a balancer of two workers before them, and steady load through it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { UpstreamConfig } from '../src/config/proxy-config.ts';
import type { Balancer } from './balancer.ts';
import { proxyConfig, SILENT_LOG, upstreamConfig } from './data-plane.fixture.ts';
import { closedPort } from './health/origin.fixture.ts';
import { startBalancer } from './index.ts';
import { serverAddress } from './upstream/identity.ts';

/** One origin and what can befall it. */
export class FaultyOrigin {
  readonly port: number;
  #process: ChildProcess | null = null;

  constructor(port: number) {
    this.port = port;
  }

  async start(): Promise<void> {
    const script = new URL('faulty-origin.fixture.ts', import.meta.url);
    this.#process = fork(script, [String(this.port)], { stdio: 'inherit' });
    await once(this.#process, 'message');
  }

  async kill(): Promise<void> {
    const running = this.#process;
    if (running === null) return;
    this.#process = null;
    running.kill('SIGKILL');
    await once(running, 'exit');
  }

  freeze(): void {
    this.#process!.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process!.kill('SIGCONT');
  }

  /** Every answer takes so long from now on. */
  delay(ms: number): void {
    this.#process!.send(ms);
  }
}

/** What one request came to. */
export interface Outcome {
  /** When it began and how long it took, by performance.now(). */
  readonly startedAt: number;
  readonly tookMs: number;
  /** 0: no answer. */
  readonly status: number;
  /** Port of the origin that answered; 0: the balancer did. */
  readonly origin: number;
  /** Health checks that the origin had seen by then. */
  readonly checks: number;
}

/** Idempotent requests, one after the other on each of some connections, until told to stop. */
export class SteadyLoad {
  readonly outcomes: Outcome[] = [];
  readonly #port: number;
  readonly #agent: Agent;
  readonly #loops: Promise<void>[];
  #stopped = false;

  constructor(port: number, connections: number, pauseMs: number) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.#loops = Array.from({ length: connections }, () => this.#loop(pauseMs));
  }

  /** Resolves with the first outcome from now on that `is`. */
  async until(is: (outcome: Outcome) => boolean, from = performance.now()): Promise<Outcome> {
    for (let index = this.outcomes.length; ; await wait(2)) {
      for (; index < this.outcomes.length; index++) {
        const outcome = this.outcomes[index]!;
        if (outcome.startedAt >= from && is(outcome)) return outcome;
      }
    }
  }

  /** Resolves when so many more requests are through that began after this call. */
  async more(count: number): Promise<readonly Outcome[]> {
    const from = performance.now();
    const after = () => this.outcomes.filter(({ startedAt }) => startedAt >= from);
    while (after().length < count) await wait(5);
    return after();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
    this.#agent.destroy();
  }

  async #loop(pauseMs: number): Promise<void> {
    while (!this.#stopped) {
      this.outcomes.push(await this.#request());
      await wait(pauseMs);
    }
  }

  async #request(): Promise<Outcome> {
    const startedAt = performance.now();
    const answer = await new Promise<IncomingMessage | null>((resolve) => {
      const request = get({ host: '127.0.0.1', port: this.#port, path: '/', agent: this.#agent });
      request.on('response', (response) => {
        response.resume();
        response.on('close', () => resolve(response.complete ? response : null));
      });
      request.on('error', () => resolve(null));
    });
    return {
      startedAt,
      tookMs: performance.now() - startedAt,
      status: answer?.statusCode ?? 0,
      origin: Number(answer?.headers['x-origin'] ?? 0),
      checks: Number(answer?.headers['x-checks'] ?? 0),
    };
  }
}

/** Three origins, the balancer, and the load. */
export class FaultScene {
  readonly origins: readonly FaultyOrigin[];
  readonly balancer: Balancer;
  readonly load: SteadyLoad;

  constructor(origins: readonly FaultyOrigin[], balancer: Balancer) {
    this.origins = origins;
    this.balancer = balancer;
    const { port } = balancer.status().listeners[0]!.binds[0]!;
    this.load = new SteadyLoad(port, 8, 3);
  }

  /** Everything is up when it resolves. */
  static async start(part: Partial<UpstreamConfig>): Promise<FaultScene> {
    const origins: FaultyOrigin[] = [];
    for (let index = 0; index < 3; index++) origins.push(new FaultyOrigin(await closedPort()));
    await Promise.all(origins.map((origin) => origin.start()));
    const upstream = upstreamConfig(
      origins.map(({ port }) => port),
      part,
    );
    const config = { ...proxyConfig(upstream), workers: 2 };
    const scene = new FaultScene(origins, await startBalancer(config, { log: SILENT_LOG }));
    for (const { port } of origins) await scene.verdict(port, 'up');
    return scene;
  }

  /** Resolves when a check has said that of the origin. */
  async verdict(port: number, verdict: 'up' | 'down'): Promise<void> {
    const server = serverAddress({ host: '127.0.0.1', port });
    const said = () => {
      const servers = this.balancer.status().upstreams[0]!.servers;
      return servers.find((one) => one.server === server)!.verdict;
    };
    while (said() !== verdict) {
      await new Promise<void>((resolve) => {
        this.balancer.onServerHealth(resolve);
      });
    }
  }

  async close(): Promise<void> {
    // A frozen process cannot be told anything but this.
    await Promise.all(this.origins.map((origin) => origin.kill()));
    await this.load.stop();
    await this.balancer.stop();
  }
}
