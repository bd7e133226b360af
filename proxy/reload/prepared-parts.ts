/** All parts of the main thread, made ready for another config together: all of them, or none. */

import type { ProxyConfig } from '../../src/config/proxy-config.ts';
import type { OsError } from '../../src/os/errors.ts';
import { destinationsOf } from '../access-log/destinations.ts';
import type { MainParts } from '../main-parts.ts';
import { StartError } from '../start-error.ts';
import type { GenerationSetup } from '../worker-messages.ts';
import { ReloadRefused } from './refused.ts';

/** Everything for a config that is not used yet. */
export interface PreparedParts {
  /** What a worker is to build; fresh descriptors. Throws OsError when there are none left. */
  setup(index: number): GenerationSetup;
  /**
   * All parts follow it, in this turn of the event loop; `former` keeps what workers still use. The error
   * where the kernel does not let us stop arrivals at sockets that are gone. Throws BindError, changing
   * nothing, when somebody else has an address by now.
   */
  use(former: number): OsError | null;
  /** When the workers have been told to follow: what they cannot know yet. */
  catchUp(): void;
  /** Nothing of it is left. */
  abandon(): void;
}

/** What a worker is started with for the config that is used. Throws OsError without descriptors. */
export function presentSetup(
  parts: MainParts,
  generation: number,
  config: ProxyConfig,
  index: number,
): GenerationSetup {
  return {
    generation,
    config: { ...config, upstreams: parts.servers.upstreams },
    serverSlots: parts.servers.slots,
    serversVersion: parts.servers.version,
    ...parts.rows.slots,
    sockets: parts.sockets.duplicates(index),
    limits: parts.limits.memory,
    caches: parts.caches.memories,
    tls: parts.certificates.material(),
    destinations: parts.lines.numbers,
    ...parts.drains.forWorker(),
  };
}

/** Nobody uses what only that generation has. */
export function letGo(parts: MainParts, generation: number): void {
  parts.sockets.letGo(generation);
  parts.rows.letGo(generation);
  parts.limits.letGo(generation);
  parts.caches.letGo(generation);
  parts.lines.letGo(generation);
  parts.servers.letGo(generation);
}

/**
 * Makes the parts ready, changing nothing for clients. Rejects with ReloadRefused, leaving nothing behind,
 * with every reason there is, those that are known already among them.
 */
export async function prepareParts(
  parts: MainParts,
  generation: number,
  config: ProxyConfig,
  known: readonly string[],
): Promise<PreparedParts> {
  const attempt = new Attempt(known);
  const abandon = () => {
    attempt.undo();
    letGo(parts, generation);
  };
  try {
    const prepared = await prepareEach(parts, generation, config, attempt);
    if (prepared === null) throw new ReloadRefused(attempt.reasons);
    return { ...prepared, abandon };
  } catch (error) {
    abandon();
    throw error;
  }
}

/** Collects why it cannot be, and how to take back what was. */
class Attempt {
  readonly reasons: string[];
  readonly #undo: (() => void)[] = [];

  constructor(known: readonly string[]) {
    this.reasons = [...known];
  }

  /** Null, and a reason more, when that is not to be had. */
  make<T extends object>(make: () => T): T | null {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof StartError)) throw error;
      this.reasons.push(error.message);
      return null;
    }
  }

  /** How something is taken back. */
  onUndo(undo: () => void): void {
    this.#undo.push(undo);
  }

  undo(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }
}

/** Null: there are reasons against it. */
async function prepareEach(
  parts: MainParts,
  generation: number,
  config: ProxyConfig,
  attempt: Attempt,
): Promise<Omit<PreparedParts, 'abandon'> | null> {
  const { prepared: sockets, refusals } = parts.sockets.prepare(generation, config.listeners);
  attempt.reasons.push(...refusals.map(({ message }) => message));
  if (sockets !== null) attempt.onUndo(() => sockets.abandon());
  const certificates = parts.certificates.prepare(config);
  attempt.onUndo(() => certificates.abandon());
  attempt.reasons.push(...certificates.faults);
  const rows = attempt.make(() => parts.rows.hold(generation, config.listeners));
  const limits = attempt.make(() => parts.limits.prepare(generation, config));
  const caches = attempt.make(() => parts.caches.prepare(generation, config));
  const lines = attempt.make(() => parts.lines.prepare(generation, destinationsOf(config)));
  attempt.onUndo(() => parts.names.abandon());
  if (attempt.reasons.length === 0) await parts.names.prepare(config.upstreams);
  const servers = attempt.make(() => parts.servers.prepare(generation, withNames(parts, config)));
  if (sockets === null || rows === null || limits === null) return null;
  if (caches === null || lines === null || servers === null) return null;
  if (attempt.reasons.length > 0) return null;
  return {
    setup: (index) => ({
      generation,
      config: { ...config, upstreams: servers.upstreams },
      serverSlots: servers.slots,
      serversVersion: parts.servers.version,
      ...rows,
      sockets: sockets.forWorker(index),
      limits: limits.memory,
      caches: caches.memories,
      tls: certificates.material,
      destinations: lines.numbers,
      ...parts.drains.forWorker(),
    }),
    use: (former) => {
      // The only step that can fail is the first one.
      const refused = sockets.apply();
      parts.rows.use(rows);
      limits.use();
      caches.use();
      lines.use();
      certificates.use();
      parts.names.use();
      servers.use(former);
      return refused;
    },
    catchUp: () => {
      parts.servers.catchUp((upstream) => parts.names.serversOf(upstream));
      parts.certificates.catchUp();
    },
  };
}

/** The upstreams of a config with the servers that names stand for now. */
function withNames({ names, servers }: MainParts, { upstreams }: ProxyConfig) {
  return upstreams.map((upstream) => {
    if (upstream.names.length === 0) return upstream;
    const before = servers.upstreams.find(({ name }) => name === upstream.name)?.servers ?? [];
    return { ...upstream, servers: names.preparedServers(upstream, before) };
  });
}
