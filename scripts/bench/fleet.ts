/** What every part of the benchmark measures: origins and contenders, started and ended. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateFiles, makeCertificate } from './certificate.ts';
import type { Contender } from './contender.ts';
import type { Cores } from './cores.ts';
import { limits } from './limits.ts';
import { prepareOrigins } from './origins.ts';
import { PinnedProcess } from './pinned-process.ts';
import { freePorts } from './ports.ts';
import { usageOf } from './process-usage.ts';
import type { ListenerKind } from './scenario.ts';

const ORIGINS = 3;

/** Where and how a plan is run. */
export interface Setting {
  readonly cores: Cores;
  /** All that the benchmark may use; it has since been held to one of them. */
  readonly allowed: readonly number[];
  /** An empty folder for configurations and logs. */
  readonly folder: string;
  /** Ends the run early; it then rejects. */
  readonly signal: AbortSignal;
  /** Takes one line per step. */
  progress(line: string): void;
}

/** A contender that is up. */
export interface Runner {
  readonly contender: Contender;
  readonly process: PinnedProcess;
  readonly ports: Readonly<Partial<Record<ListenerKind, number>>>;
  /** Resident memory when it began to serve. */
  readonly startedBytes: number;
}

/** How a contender is started. */
export interface Wanted {
  readonly kinds: readonly ListenerKind[];
  readonly cores: number | readonly number[];
  /** Absent: one. */
  readonly workers?: number;
  /** Absent: `connectionsMax`. */
  readonly connections?: number;
  /** Ports of the servers; absent: the fleet's own origins. */
  readonly origins?: readonly number[];
}

/** Servers of one part of the run; what it started ends with {@link Fleet.stop}. */
export class Fleet {
  readonly #folder: string;
  readonly #signal: AbortSignal;
  readonly #certificate: CertificateFiles;
  readonly #origins: readonly number[];
  readonly #servers: PinnedProcess[] = [];

  private constructor(
    { folder, signal }: Setting,
    certificate: CertificateFiles,
    origins: readonly number[],
  ) {
    this.#folder = folder;
    this.#signal = signal;
    this.#certificate = certificate;
    this.#origins = origins;
  }

  /**
   * Starts the origins on `cores`. `name` is that of a folder below the setting's; `algorithm` that of the
   * certificate's key.
   */
  static async start(
    name: string,
    setting: Setting,
    cores: number | readonly number[] = setting.cores.load,
    algorithm?: 'P-256' | 'RSA-4096',
  ): Promise<Fleet> {
    const folder = join(setting.folder, name);
    mkdirSync(folder);
    const origins = await freePorts(ORIGINS);
    const fleet = new Fleet({ ...setting, folder }, makeCertificate(folder, algorithm), origins);
    const launch = prepareOrigins(folder, origins);
    fleet.#servers.push(await PinnedProcess.start('origins', launch, cores, folder));
    return fleet;
  }

  /** Starts a contender; `name` tells several of the same apart. Rejects when it does not serve. */
  async add(contender: Contender, wanted: Wanted, name = contender.name): Promise<Runner> {
    this.#signal.throwIfAborted();
    const folder = join(this.#folder, name);
    mkdirSync(folder);
    const kinds = wanted.kinds.filter((kind) => contender.lacks(kind) === null);
    const free = await freePorts(kinds.length);
    const ports = Object.fromEntries(kinds.map((kind, index) => [kind, free[index]!]));
    const launch = contender.prepare({
      folder,
      listen: ports,
      certificate: this.#certificate,
      origins: wanted.origins ?? this.#origins,
      workers: wanted.workers ?? 1,
      connections: wanted.connections ?? limits.connectionsMax,
    });
    const process = await PinnedProcess.start(name, launch, wanted.cores, folder);
    this.#servers.push(process);
    return { contender, process, ports, startedBytes: usageOf(process.pid).residentBytes };
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}
