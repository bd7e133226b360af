/** Whom the agent tells what happens: readers of its events, and notify commands. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Agent,
  EventStream,
  Notifier,
  notifyStopMs,
  type ScriptRunner,
  systemClock,
} from '../../keepalive/index.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { AgentReport } from '../control/agent-report.ts';
import { type EventServer, serveEvents } from '../control/event-server.ts';
import type { Logger } from '../log/logger.ts';
import { nextEpoch } from '../runtime/epoch.ts';
import { SOCKETS } from '../runtime/runtime-dir.ts';

/** What the outlets work with. */
export interface AgentOutletsOptions {
  readonly config: AgentConfig;
  readonly runtimeDir: string;
  readonly scripts: ScriptRunner;
  readonly log: Logger;
}

/** Made before the agent, which speaks into `stream`. */
export class AgentOutlets {
  readonly stream: EventStream;
  readonly #options: AgentOutletsOptions;
  readonly #notifier: Notifier;
  #server: EventServer | null = null;

  constructor(options: AgentOutletsOptions) {
    const { config, runtimeDir, scripts, log } = options;
    this.#options = options;
    this.stream = new EventStream({
      epoch: nextEpoch(runtimeDir, Date.now()),
      clock: systemClock,
      wallTime: () => new Date().toISOString(),
    });
    this.#notifier = new Notifier(config.virtualRouters, {
      stream: this.stream,
      runner: scripts,
      clock: systemClock,
      log,
    });
  }

  /** Listens for readers. Throws StartupError when the socket cannot be had. */
  async serve(agent: Agent): Promise<void> {
    const { runtimeDir, log } = this.#options;
    const path = join(runtimeDir, SOCKETS.events);
    this.#server = await serveEvents({ path, stream: this.stream, agent, log });
  }

  /** Their part of the agent's status. */
  report(): Pick<AgentReport, 'events' | 'notify'> {
    const { epoch, sequence } = this.stream;
    const readers = this.#server?.readers() ?? 0;
    return { events: { epoch, sequence, readers }, notify: this.#notifier.status() };
  }

  /** The readers have had everything. */
  close(): void {
    this.#server?.close();
  }

  /** Resolves when the notify commands have had the last word, or have taken too long. */
  async finish(): Promise<void> {
    await Promise.race([this.#notifier.finish(), delay(notifyStopMs)]);
  }
}
