/** What the files of a config come to on this host, for `tandem check`: nothing is started. */
import type { CertificateConfig, TlsParts } from '../../src/config/tls-config.ts';
import { CertificateFiles } from './certificate-files.ts';
import { expiryStage, expiryText } from './expiry.ts';
import { type FaultCode, faultOr } from './fault.ts';
import { type LoadedCertificate, loadCertificate } from './load-certificate.ts';

/** Something about files. */
export interface CertificateFault {
  /** Null: it can be used all the same. */
  readonly code: FaultCode | null;
  readonly text: string;
}

/** Something about the files of a listener or upstream. */
export interface CertificateFinding extends CertificateFault {
  readonly listener: string | null;
  readonly upstream: string | null;
  /** The file it is about, as the config names it: a certificate, or authorities. */
  readonly file: string;
}

/** Reads all files once. `now`: ms since 1970. */
export function inspectCertificates(config: TlsParts, now: number): readonly CertificateFinding[] {
  return new CertificateFiles(config, () => now).entries.flatMap((entry): CertificateFinding[] => {
    const file = entry.kind === 'certificate' ? entry.config.certificate : entry.path;
    const at = { ...entry.place, file };
    entry.held.look();
    const { fault } = entry.held;
    if (fault !== null) return [{ ...at, code: fault.code, text: fault.text }];
    if (entry.kind === 'authorities') return [];
    const loaded = entry.held.demand();
    return remarksOf(file, loaded, now).map((text) => ({ ...at, code: null, text }));
  });
}

/** The same for one certificate that is of no listener and no upstream. */
export function inspectCertificate(
  config: CertificateConfig,
  now: number,
): readonly CertificateFault[] {
  const loaded = faultOr(() => loadCertificate(config, now));
  if (!loaded.ok) return [loaded.fault];
  const texts = remarksOf(config.certificate, loaded.value, now);
  return texts.map((text) => ({ code: null, text }));
}

function remarksOf(file: string, loaded: LoadedCertificate, now: number): readonly string[] {
  const ends = expiryStage(loaded, now) === null ? [] : [`${file} ${expiryText(loaded, now)}`];
  return [...loaded.remarks, ...ends];
}
