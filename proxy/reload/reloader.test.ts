import { readdirSync } from 'node:fs';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ListenerConfig, ProxyConfig } from '../../src/config/proxy-config.ts';
import { closeDescriptor } from '../../src/os/listen-socket.ts';
import { proxyConfig, routeConfig, SILENT_LOG, upstreamConfig } from '../data-plane.fixture.ts';
import { FORMER_GENERATIONS_MAX, RELOAD_APPLY_MAX_MS, RELOAD_PREPARE_MAX_MS } from '../limits.ts';
import { MainParts } from '../main-parts.ts';
import type { GenerationSetup } from '../worker-messages.ts';
import { type PreparedReload, type ReloadedWorker, Reloader } from './reloader.ts';

/** A worker that does what the test says. */
class FakeWorker implements ReloadedWorker {
  generations: number[] = [1];
  readonly heard: string[] = [];
  replaced = 0;
  alive = true;
  setup: GenerationSetup | null = null;

  follows(generation: number): boolean {
    return !this.alive || this.generations.includes(generation);
  }

  prepare(setup: () => GenerationSetup): boolean {
    if (!this.alive) return false;
    this.take(setup());
    return true;
  }

  take(setup: GenerationSetup): void {
    this.setup = setup;
    this.heard.push(`prepare ${setup.generation}`);
    // A real one closes them when it is told to abandon.
    for (const { fd } of setup.sockets) if (fd !== null) closeDescriptor(fd);
  }

  decide(kind: 'apply' | 'abandon', generation: number): void {
    this.heard.push(`${kind} ${generation}`);
  }

  replace(): void {
    this.replaced++;
  }
}

const BASE = { ...proxyConfig(upstreamConfig([1])), workers: 2 };
let parts: MainParts;
let workers: FakeWorker[];
let reloader: Reloader;
let errors: string[];
let told: string[];

beforeEach(() => {
  workers = [new FakeWorker(), new FakeWorker()];
  errors = [];
  told = [];
  const log = { ...SILENT_LOG, error: (_: object, message: string) => errors.push(message) };
  parts = new MainParts(BASE, 1, {
    log,
    tell: (order) => {
      told.push(order.kind);
      return [];
    },
    versionInUse: () => Number.POSITIVE_INFINITY,
    changed() {},
    serversChanged() {},
  });
  reloader = new Reloader(BASE, 1, {
    parts,
    workers: () => workers,
    log,
    complete: (config) => config,
    changed() {},
  });
});

afterEach(async () => {
  vi.useRealTimers();
  parts.stop();
  parts.sockets.close();
  await parts.close();
});

function withRoutes(...names: string[]): ProxyConfig {
  const routes = names.map((name) => routeConfig({ name, path: name }));
  return { ...BASE, listeners: [{ ...BASE.listeners[0]!, routes } as ListenerConfig] };
}

function on(port: number): ProxyConfig {
  const listener = { ...BASE.listeners[0]!, binds: [{ host: '127.0.0.1', port }] };
  return { ...BASE, listeners: [listener as ListenerConfig] };
}

/** All workers have built it. */
function builtBy(...indexes: number[]): void {
  const generation = workers[0]!.setup!.generation;
  for (const index of indexes) reloader.built(index, generation, null);
}

/** Asks for a reload, and comes back when the workers have been asked. */
async function begin(config: ProxyConfig) {
  const preparing = reloader.prepare(config);
  preparing.catch(() => {});
  await vi.waitFor(() => expect(workers.some(({ heard }) => heard.length > 0)).toBe(true));
  return preparing;
}

async function prepared(config: ProxyConfig): Promise<PreparedReload> {
  for (const worker of workers) worker.heard.length = 0;
  const preparing = reloader.prepare(config);
  preparing.catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  builtBy(0, 1);
  return preparing;
}

/** The worker follows that generation, and has nothing left of those before. */
function follow(generation: number, ...former: number[]): void {
  for (const worker of workers) worker.generations = [...former, generation];
  reloader.generationsChanged();
}

async function refusal(attempt: Promise<unknown>): Promise<readonly string[]> {
  const error = await attempt.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  return (error as { reasons: readonly string[] }).reasons;
}

describe('a reload', () => {
  it('is prepared by all, then used by all, and forgotten where nobody is left', async () => {
    const reload = await prepared(withRoutes('/a'));
    expect(reload.plan.lines.map(({ name }) => name)).toEqual(['front: /', 'front: /a']);
    expect(reloader.generation).toBe(1);
    expect(workers[0]!.setup).toMatchObject({
      generation: 2,
      sockets: [{ listener: 'front', fd: null }],
      routeSlots: { 'front|/a': 1 },
    });
    const applied = reload.apply();
    expect(workers.map(({ heard }) => heard)).toEqual([
      ['prepare 2', 'apply 2'],
      ['prepare 2', 'apply 2'],
    ]);
    expect(told).toEqual(['servers']);
    expect(reloader.generation).toBe(2);
    expect(reloader.setup(0).routeSlots).toEqual({ 'front|/a': 1 });
    follow(2, 1);
    await applied;
    expect(parts.rows.counting().routes).toContain(0);
    follow(2);
    expect(parts.rows.counting().routes).not.toContain(0);
  });

  it('is refused with every reason, and leaves nothing behind', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await vi.waitFor(() => expect(taken.listening).toBe(true));
    const { port } = taken.address() as net.AddressInfo;
    const before = readdirSync('/proc/self/fd').length;
    const bad = { ...on(port), workers: 7 };
    expect(await refusal(reloader.prepare(bad))).toEqual([
      expect.stringMatching(/^proxy.workers is 7 and was 2: that takes a restart/),
      `listener front: cannot listen on 127.0.0.1:${port}: the port is in use`,
    ]);
    expect(readdirSync('/proc/self/fd').length).toBe(before);
    expect(workers[0]!.heard).not.toContain('prepare 2');
    taken.close();
    expect((await prepared(withRoutes('/b'))).plan.needsRestart).toEqual([]);
  });

  it('is refused when a worker cannot build it, dies of it, or takes too long', async () => {
    const reasons: (readonly string[])[] = [];
    for (const how of ['refuses', 'dies'] as const) {
      const preparing = begin(withRoutes('/a'));
      await vi.waitFor(() => expect(workers[1]!.setup).not.toBeNull());
      builtBy(0);
      const { generation } = workers[1]!.setup!;
      if (how === 'refuses') reloader.built(1, generation, 'too large');
      else reloader.released(1);
      reasons.push(await refusal(preparing));
      expect(workers[0]!.heard.at(-1)).toBe(`abandon ${generation}`);
      for (const worker of workers) worker.setup = null;
    }
    expect(reasons).toEqual([
      ['worker 1: too large'],
      ['worker 1 ended while it built the new configuration; the log says why'],
    ]);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const late = reloader.prepare(withRoutes('/a'));
    late.catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    builtBy(0);
    await vi.advanceTimersByTimeAsync(RELOAD_PREPARE_MAX_MS);
    expect(await refusal(late)).toEqual([
      `worker 1 has not built the new configuration within ${RELOAD_PREPARE_MAX_MS / 1000} s`,
    ]);
    expect(reloader.generation).toBe(1);
  });

  it('is one at a time, and none when the balancer stops', async () => {
    const reload = await prepared(withRoutes('/a'));
    expect(await refusal(reloader.prepare(withRoutes('/b')))).toEqual([
      'another reload is under way',
    ]);
    await reload.abandon();
    expect(workers[0]!.heard.at(-1)).toBe('abandon 2');
    expect(await refusal(reload.apply())).toEqual([
      'it is not prepared any more: it was applied, abandoned or took too long',
    ]);
    const second = await prepared(withRoutes('/b'));
    reloader.stop();
    expect(workers[0]!.heard.at(-1)).toBe('abandon 3');
    expect(await refusal(second.apply())).toHaveLength(1);
    expect(await refusal(reloader.prepare(BASE))).toEqual(['the balancer is stopping']);
  });

  it('that is being prepared as the balancer stops is refused', async () => {
    const preparing = begin(withRoutes('/a'));
    await vi.waitFor(() => expect(workers[1]!.setup).not.toBeNull());
    reloader.stop();
    expect(await refusal(preparing)).toEqual(['the balancer is stopping']);
  });

  it('goes on without a worker that dies after it was prepared; its successor is told', async () => {
    const reload = await prepared(on(0));
    reloader.released(0);
    workers[0]!.generations = [1];
    workers[0]!.take(reloader.preparedFor(0)!);
    expect(workers[0]!.setup!.generation).toBe(2);
    const applied = reload.apply();
    workers[0]!.alive = false;
    workers[0]!.generations = [];
    reloader.released(0);
    expect(reloader.preparedFor(0)).toBeNull();
    expect(reloader.setup(0).generation).toBe(2);
    workers[1]!.generations = [2];
    reloader.generationsChanged();
    await applied;
  });

  it('replaces a worker that cannot follow where the others can', async () => {
    const reload = await prepared(withRoutes('/a'));
    reloader.released(0);
    reloader.built(0, 2, 'no memory');
    void reload.apply();
    expect(workers.map(({ replaced }) => replaced)).toEqual([1, 0]);
    expect(workers[0]!.heard).not.toContain('apply 2');
    reloader.built(1, 2, 'no memory either');
    expect(workers[1]!.replaced).toBe(1);
    follow(2);
  });

  it('waits for a worker that does not follow, for a while, and says so', async () => {
    const reload = await prepared(withRoutes('/a'));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let over = false;
    const applied = reload.apply().then(() => {
      over = true;
    });
    workers[0]!.generations = [2];
    reloader.generationsChanged();
    await vi.advanceTimersByTimeAsync(RELOAD_APPLY_MAX_MS - 1);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await applied;
    expect(errors).toEqual([
      `worker 1 has not followed the reload within ${RELOAD_APPLY_MAX_MS / 1000} s: it goes on as before until it does`,
    ]);
  });

  it('is refused where connections of too many former ones are open', async () => {
    const former = [1];
    for (let reload = 0; reload < FORMER_GENERATIONS_MAX; reload++) {
      const next = await prepared(withRoutes(`/${reload}`));
      const applied = next.apply();
      follow(reloader.generation, ...former);
      former.push(reloader.generation);
      await applied;
    }
    const [reason] = await refusal(reloader.prepare(BASE));
    expect(reason).toMatch(/^too many former configurations: /);
    expect(reason).toContain(`under ${FORMER_GENERATIONS_MAX} of them`);
    follow(reloader.generation);
    expect((await prepared(BASE)).plan.lines).not.toEqual([]);
  });
});
