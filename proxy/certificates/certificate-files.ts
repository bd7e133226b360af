/** All files with certificates that a config names, and what they come to. */
import { isDeepStrictEqual } from 'node:util';
import type { CertificateConfig, TlsParts } from '../../src/config/tls-config.ts';
import type { CertificateStatus } from './certificate-status.ts';
import { HeldFile } from './held-file.ts';
import { type LoadedCertificate, loadCertificate } from './load-certificate.ts';
import type { ListenerMaterial, TlsMaterial, UpstreamMaterial } from './material.ts';
import { readAuthorities } from './pem.ts';

/** Whose it is. */
export interface Place {
  readonly listener: string | null;
  readonly upstream: string | null;
}

/** A certificate of a listener or upstream, and where it is in the config. */
export interface HeldCertificate {
  readonly kind: 'certificate';
  readonly place: Place;
  readonly config: CertificateConfig;
  readonly held: HeldFile<LoadedCertificate>;
}

/** A file of authorities. */
export interface HeldAuthorities {
  readonly kind: 'authorities';
  readonly place: Place;
  readonly path: string;
  readonly held: HeldFile<string>;
}

export type HeldEntry = HeldCertificate | HeldAuthorities;

/** The files, not read yet but for those that are `known`. `now`: ms since 1970. */
export class CertificateFiles {
  readonly entries: readonly HeldEntry[];
  /** Those of them that nobody has read yet. */
  readonly unread: readonly HeldEntry[];

  constructor(config: TlsParts, now: () => number, known: readonly HeldEntry[] = []) {
    const named = entriesOf(config, now);
    this.entries = named.map((entry) => knownOf(entry, known) ?? entry);
    this.unread = this.entries.filter((entry) => named.includes(entry));
  }

  /** What workers get of what is in use now. */
  material(config: TlsParts): TlsMaterial {
    const listeners: Record<string, ListenerMaterial> = {};
    for (const listener of config.listeners) {
      if (listener.tls == null) continue;
      const mine = this.entries.filter(({ place }) => place.listener === listener.name);
      listeners[listener.name] = listenerMaterial(mine, listener.tls.clientCertificates !== null);
    }
    const upstreams: Record<string, UpstreamMaterial> = {};
    for (const { name, tls } of config.upstreams) {
      if (tls !== null) upstreams[name] = this.upstream(name);
    }
    return { listeners, upstreams };
  }

  /** What of it is for one upstream. */
  upstream(name: string): UpstreamMaterial {
    return upstreamMaterial(this.entries.filter(({ place }) => place.upstream === name));
  }

  /** Every certificate, in the order of the config. */
  status(): readonly CertificateStatus[] {
    return this.entries.flatMap((entry) => (entry.kind === 'certificate' ? [statusOf(entry)] : []));
  }
}

function entriesOf(config: TlsParts, now: () => number): readonly HeldEntry[] {
  return [
    ...config.listeners.flatMap((listener) => {
      if (listener.tls == null) return [];
      const place = { listener: listener.name, upstream: null };
      const { certificates, clientCertificates } = listener.tls;
      const own = certificates.map((one) => certificateAt(place, one, now));
      return clientCertificates === null
        ? own
        : [...own, authoritiesAt(place, clientCertificates.ca)];
    }),
    ...config.upstreams.flatMap(({ name, tls }) => {
      if (tls === null) return [];
      const place = { listener: null, upstream: name };
      return [
        ...(tls.certificate === null ? [] : [certificateAt(place, tls.certificate, now)]),
        ...(tls.ca === null ? [] : [authoritiesAt(place, tls.ca)]),
      ];
    }),
  ];
}

/** The same files, read before for whomever; null: they are new. */
function knownOf(entry: HeldEntry, known: readonly HeldEntry[]): HeldEntry | null {
  const { place } = entry;
  for (const one of known) {
    if (one.kind === 'certificate' && entry.kind === 'certificate') {
      if (isDeepStrictEqual(one.config, entry.config)) return { ...one, place };
    } else if (one.kind === 'authorities' && entry.kind === 'authorities') {
      if (one.path === entry.path) return { ...one, place };
    }
  }
  return null;
}

function certificateAt(
  place: Place,
  config: CertificateConfig,
  now: () => number,
): HeldCertificate {
  const { certificate, key, ocsp } = config;
  const paths = [certificate, key, ...(ocsp === null ? [] : [ocsp])];
  const held = new HeldFile(paths, () => loadCertificate(config, now()), isSame);
  return { kind: 'certificate', place, config, held };
}

function isSame(one: LoadedCertificate, other: LoadedCertificate): boolean {
  return (
    one.fingerprint === other.fingerprint &&
    one.material.chain === other.material.chain &&
    one.material.key === other.material.key &&
    one.ocspUntil === other.ocspUntil &&
    one.remarks.join() === other.remarks.join()
  );
}

function authoritiesAt(place: Place, path: string): HeldAuthorities {
  const held = new HeldFile(
    [path],
    () => readAuthorities(path),
    (one, other) => one === other,
  );
  return { kind: 'authorities', place, path, held };
}

/** Without the authorities that it needs nobody could be let in: then there is no certificate either. */
function listenerMaterial(entries: readonly HeldEntry[], clients: boolean): ListenerMaterial {
  const clientCa = authoritiesIn(entries)?.held.value ?? null;
  if (clients && clientCa === null) return { certificates: [], refused: [], clientCa: null };
  const certificates = entries.flatMap((entry) => {
    if (entry.kind !== 'certificate' || entry.held.value === null) return [];
    return [entry.held.value.material];
  });
  const refused = entries.flatMap((entry) => {
    if (entry.kind !== 'certificate' || entry.held.value !== null) return [];
    return entry.held.fault?.names ?? [];
  });
  return { certificates, refused, clientCa };
}

function upstreamMaterial(entries: readonly HeldEntry[]): UpstreamMaterial {
  const fault = entries.find(({ held }) => held.value === null)?.held.fault?.text ?? null;
  const certificate = entries.find((entry) => entry.kind === 'certificate');
  return {
    ca: authoritiesIn(entries)?.held.value ?? null,
    certificate: certificate?.held.value?.material ?? null,
    fault,
  };
}

function authoritiesIn(entries: readonly HeldEntry[]): HeldAuthorities | undefined {
  return entries.find((entry) => entry.kind === 'authorities');
}

function statusOf({ place, config, held }: HeldCertificate): CertificateStatus {
  const { value, fault } = held;
  return {
    ...place,
    certificate: config.certificate,
    names: value?.material.names ?? fault?.names ?? config.names,
    state: value === null ? 'disabled' : fault === null ? 'used' : 'kept',
    fault: fault?.text ?? null,
    remarks: value?.remarks ?? [],
    fingerprint: value?.fingerprint ?? null,
    notBefore: value?.notBefore ?? null,
    notAfter: value?.notAfter ?? null,
    stapled: value?.material.ocsp !== null && value !== null,
  };
}
