/** Whom the agent tells what happens: readers of its events, notify commands, and its journal. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Agent,
  type AgentPorts,
  EventStream,
  Notifier,
  notifyStopMs,
  type ScriptRunner,
  systemClock,
} from '../../keepalive/index.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { CompiledConfig } from '../config/index.ts';
import type { AgentReport } from '../control/agent-report.ts';
import { type EventServer, serveEvents } from '../control/event-server.ts';
import { JournalFile } from '../log/journal-file.ts';
import type { Logger } from '../log/logger.ts';
import { nextEpoch } from '../runtime/epoch.ts';
import { SOCKETS } from '../runtime/runtime-dir.ts';

/** What the outlets work with. */
export interface AgentOutletsOptions {
  readonly config: AgentConfig;
  readonly runtimeDir: string;
  readonly scripts: ScriptRunner;
  readonly journal: CompiledConfig['log']['journal'];
  readonly log: Logger;
}

/** Made before the agent, which speaks into its ports. */
export class AgentOutlets {
  readonly #stream: EventStream;
  readonly #options: AgentOutletsOptions;
  readonly #notifier: Notifier;
  readonly #journal: JournalFile | null;
  #server: EventServer | null = null;

  constructor(options: AgentOutletsOptions) {
    const { config, runtimeDir, scripts, journal, log } = options;
    this.#options = options;
    this.#stream = new EventStream({
      epoch: nextEpoch(runtimeDir, Date.now()),
      clock: systemClock,
      wallTime: () => new Date().toISOString(),
    });
    this.#journal = journal === null ? null : new JournalFile(journal.path, journal.bytesMax, log);
    this.#notifier = new Notifier(config.virtualRouters, {
      stream: this.#stream,
      runner: scripts,
      clock: systemClock,
      log,
    });
  }

  /** What the agent speaks into. */
  ports(): Pick<AgentPorts, 'events' | 'journal'> {
    const journal = this.#journal;
    const { emit } = this.#stream;
    return { events: emit, ...(journal === null ? {} : { journal: journal.write }) };
  }

  /** Other notify commands from now on. */
  reconfigure({ virtualRouters }: AgentConfig): void {
    this.#notifier.reconfigure(virtualRouters);
  }

  /** Listens for readers. Throws StartupError when the socket cannot be had. */
  async serve(agent: Agent): Promise<void> {
    const { runtimeDir, log } = this.#options;
    const path = join(runtimeDir, SOCKETS.events);
    this.#server = await serveEvents({ path, stream: this.#stream, agent, log });
  }

  /** Their part of the agent's status. */
  report(): Pick<AgentReport, 'events' | 'notify' | 'journal'> {
    const { epoch, sequence } = this.#stream;
    const readers = this.#server?.readers() ?? 0;
    return {
      events: { epoch, sequence, readers },
      notify: this.#notifier.status(),
      journal: this.#journal?.status() ?? null,
    };
  }

  /** The readers have had everything. */
  close(): void {
    this.#server?.close();
  }

  /** The journal is written and the notify commands have had the last word, or it took too long. */
  async finish(): Promise<void> {
    const finished = Promise.all([this.#notifier.finish(), this.#journal?.close()]);
    await Promise.race([finished, delay(notifyStopMs)]);
  }
}
