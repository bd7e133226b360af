import type { CertificateFiles } from './certificate.ts';
import type { Launch } from './pinned-process.ts';
import type { ListenerKind } from './scenario.ts';

/** Where a contender keeps its files, listens, and finds the origins. */
export interface Place {
  /** A folder of its own. */
  readonly folder: string;
  /** Ports on 127.0.0.1, by what is spoken there; only what it does not lack. */
  readonly listen: Readonly<Partial<Record<ListenerKind, number>>>;
  /** What a listener with TLS shows. */
  readonly certificate: CertificateFiles;
  /** Ports of the origins on 127.0.0.1. */
  readonly origins: readonly number[];
  /** Worker processes or threads. */
  readonly workers: number;
  /** Most client connections at a time. */
  readonly connections: number;
}

/** A proxy under test. All get as many cores as workers, and configurations that ask for the same. */
export interface Contender {
  /** As `--contender` takes it. */
  readonly name: string;
  /** One of ours: compared with each that is not. */
  readonly ours: boolean;
  /** What has to be done before it can take part; null when nothing. */
  missing(): string | null;
  /** For people: program and version. */
  version(): string;
  /** Why it cannot serve a listener of this kind here; null when it can. */
  lacks(listener: ListenerKind): string | null;
  /** Why it cannot run with so many workers here; null when it can. */
  lacksWorkers(workers: number): string | null;
  /** Writes its configuration and says how to start it. */
  prepare(place: Place): Launch;
}
