import type { TlsParts } from '../../src/config/tls-config.ts';
import type { Logger } from '../ports.ts';
import { CertificateFiles, type HeldEntry } from './certificate-files.ts';
import type { CertificateStatus } from './certificate-status.ts';
import { expiryStage, expiryText } from './expiry.ts';
import { FileWatch } from './file-watch.ts';
import type { Look } from './held-file.ts';
import { RECHECK_MS } from './limits.ts';
import type { TlsMaterial, UpstreamMaterial } from './material.ts';

/** What a keeper needs; times are for tests. */
export interface KeeperPorts {
  readonly log: Logger;
  /** Ms since 1970. */
  readonly now: () => number;
  /** Workers are to use this from now on. */
  readonly tell: (material: TlsMaterial) => void;
  readonly settleMs?: number;
  readonly recheckMs?: number;
}

/** The certificates of a config that is not used yet. */
export interface PreparedCertificates {
  /** What is wrong with files that the config before does not have, a sentence each. */
  readonly faults: readonly string[];
  /** For the workers. */
  readonly material: TlsMaterial;
  /** They are those that are watched and told of from now on. */
  use(): void;
  /** They are forgotten. */
  abandon(): void;
}

/**
 * The certificates of a running balancer, on its main thread: read at the start, watched, swapped when
 * their files are good ones again, and spoken of before they expire.
 */
export class CertificateKeeper {
  #config: TlsParts;
  readonly #ports: KeeperPorts;
  #files: CertificateFiles;
  /** The last threshold that was warned of, of which certificate. */
  readonly #warned = new WeakMap<HeldEntry['held'], string>();
  #prepared: PreparedCertificates | null = null;
  /** Workers were told something while others were prepared, or these have changed since. */
  #outdated = false;
  #started = false;
  #watch: FileWatch | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** Reads everything. */
  constructor(config: TlsParts, ports: KeeperPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#files = new CertificateFiles(config, ports.now);
    for (const entry of this.#files.entries) this.#say(entry, entry.held.look());
    this.#warn();
  }

  /** Watches from here on. */
  start(): void {
    this.#started = true;
    const paths = this.#files.entries.flatMap(({ held }) => held.paths);
    if (paths.length === 0) return;
    const { settleMs, recheckMs = RECHECK_MS, log } = this.#ports;
    this.#watch = new FileWatch(paths, {
      changed: (changed) => this.#look(({ held }) => held.paths.some((path) => changed.has(path))),
      blind: (reason) => {
        const often = `certificates are looked at every ${recheckMs / 1000} s only`;
        log.warn({ code: 'certificate_watch' }, `${reason}: ${often}`);
      },
      recheckMs,
      ...(settleMs === undefined ? {} : { settleMs }),
    });
    this.#timer = setInterval(() => this.#passTime(), recheckMs);
    this.#timer.unref();
  }

  stop(): void {
    this.#started = false;
    this.#watch?.close();
    this.#watch = null;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /**
   * Reads what another config names and this one does not, beside what is in use: that of both is what
   * was read before, and goes on as it is.
   */
  prepare(config: TlsParts): PreparedCertificates {
    const files = new CertificateFiles(config, this.#ports.now, this.#files.entries);
    for (const { held } of files.unread) held.look();
    const faults = files.unread.flatMap((entry) => {
      const { fault } = entry.held;
      return fault === null ? [] : [`${placeOf(entry)}: ${fault.text}`];
    });
    this.#outdated = false;
    this.#prepared = {
      faults,
      material: files.material(config),
      use: () => {
        this.#prepared = null;
        this.#use(config, files);
      },
      abandon: () => {
        this.#prepared = null;
      },
    };
    return this.#prepared;
  }

  /** After `use`: tells the workers what they cannot know, if anything. */
  catchUp(): void {
    if (this.#outdated) this.#ports.tell(this.material());
    this.#outdated = false;
  }

  /** For workers that start now. */
  material(): TlsMaterial {
    return this.#files.material(this.#config);
  }

  /** The same of one upstream. */
  upstream(name: string): UpstreamMaterial {
    return this.#files.upstream(name);
  }

  status(): readonly CertificateStatus[] {
    return this.#files.status();
  }

  /** Listeners that can serve nobody, a sentence each: the host is not ready to be Active. */
  reasons(): readonly string[] {
    const { listeners } = this.material();
    return Object.entries(listeners).flatMap(([name, { certificates }]) =>
      certificates.length > 0 ? [] : [`listener ${name} has no certificate that can be used`],
    );
  }

  /** What is wrong, or soon will be, a sentence each. */
  warnings(): readonly string[] {
    const now = this.#ports.now();
    return this.#files.entries.flatMap((entry) => {
      const { fault } = entry.held;
      const said = fault === null ? [] : [`${placeOf(entry)}: ${fault.text}${whatFollows(entry)}`];
      const value = entry.kind === 'certificate' ? entry.held.value : null;
      if (value === null || expiryStage(value, now) === null) return said;
      return [...said, `${placeOf(entry)}: ${pathOf(entry)} ${expiryText(value, now)}`];
    });
  }

  /** Of the entries that may have changed. */
  #look(concerned: (entry: HeldEntry) => boolean): void {
    let changed = false;
    for (const entry of this.#files.entries) {
      if (!concerned(entry)) continue;
      const look = entry.held.look();
      this.#say(entry, look);
      changed ||= look === 'loaded' || look === 'failed';
    }
    this.#warn();
    if (changed) this.#tell();
  }

  /** Those that are prepared meanwhile are the workers' too. */
  #tell(): void {
    const { listeners, upstreams } = this.material();
    const next = this.#prepared?.material;
    this.#outdated = next !== undefined;
    this.#ports.tell({
      listeners: { ...next?.listeners, ...listeners },
      upstreams: { ...next?.upstreams, ...upstreams },
    });
  }

  #use(config: TlsParts, files: CertificateFiles): void {
    const started = this.#started;
    this.stop();
    this.#config = config;
    this.#files = files;
    for (const entry of files.unread) this.#say(entry, 'loaded');
    this.#warn();
    if (!started) return;
    this.start();
    // What was written before it was watched.
    for (const entry of files.unread) {
      const look = entry.held.look();
      this.#say(entry, look);
      this.#outdated ||= look === 'loaded' || look === 'failed';
    }
  }

  /** Certificates expire and become valid, staples become stale, though no file changes. */
  #passTime(): void {
    const now = this.#ports.now();
    this.#look((entry) => {
      if (entry.kind !== 'certificate') return false;
      const { value, fault } = entry.held;
      if (value === null) return fault?.code === 'not_yet_valid';
      return value.ocspUntil !== null && value.ocspUntil <= now;
    });
  }

  #say(entry: HeldEntry, look: Look): void {
    if (look === 'same') return;
    const { log } = this.#ports;
    const { fault } = entry.held;
    const where = { ...entry.place, file: pathOf(entry) };
    if (fault !== null) {
      const code = `certificate_${fault.code}`;
      log.error({ ...where, code }, `${placeOf(entry)}: ${fault.text}${whatFollows(entry)}`);
      return;
    }
    if (entry.kind === 'authorities') {
      log.info(where, `${placeOf(entry)}: the authorities of ${entry.path} are used`);
      return;
    }
    const { material, notAfter, fingerprint, remarks } = entry.held.demand();
    const names = material.names.join(', ') || 'no name';
    const until = new Date(notAfter).toISOString();
    const message = `${placeOf(entry)}: the certificate of ${pathOf(entry)} is used for ${names}`;
    log.info({ ...where, fingerprint, until }, `${message}, until ${until}`);
    for (const remark of remarks) log.warn(where, `${placeOf(entry)}: ${remark}`);
  }

  /** Once for each threshold. */
  #warn(): void {
    const now = this.#ports.now();
    for (const entry of this.#files.entries) {
      if (entry.kind !== 'certificate' || entry.held.value === null) continue;
      const { value } = entry.held;
      const stage = expiryStage(value, now);
      const key = `${value.fingerprint} ${stage}`;
      if (stage === null || this.#warned.get(entry.held) === key) continue;
      this.#warned.set(entry.held, key);
      const where = { ...entry.place, file: pathOf(entry), code: 'certificate_expiry' };
      const text = `${placeOf(entry)}: ${pathOf(entry)} ${expiryText(value, now)}`;
      if (stage <= 1) this.#ports.log.error(where, text);
      else this.#ports.log.warn(where, text);
    }
  }
}

function placeOf({ place }: HeldEntry): string {
  return place.listener === null ? `upstream ${place.upstream}` : `listener ${place.listener}`;
}

function pathOf(entry: HeldEntry): string {
  return entry.kind === 'certificate' ? entry.config.certificate : entry.path;
}

/** What becomes of it while the files are bad. */
function whatFollows(entry: HeldEntry): string {
  if (entry.held.value !== null) return '; what was read before stays in use';
  if (entry.kind === 'authorities') {
    const { listener } = entry.place;
    return listener === null ? '; its servers cannot be reached' : '; it refuses all connections';
  }
  if (entry.place.listener === null) return '; its servers cannot be reached';
  const names = entry.held.fault?.names ?? [];
  return names.length === 0 ? '; its names are not served' : `; not served: ${names.join(', ')}`;
}
