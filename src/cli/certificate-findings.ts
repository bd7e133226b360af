/** What `tandem check` says of the certificates that a config names, as they are on this host now. */
import type { CertificateFault, CertificateFinding } from '../../proxy/index.ts';
import { type EffectiveConfig, type Finding, tlsPartsOf } from '../config/index.ts';

/**
 * Warnings only: the balancer starts all the same, and whoever checks need not be on the host that has
 * the files, nor be allowed to read them. `now`: ms since 1970.
 */
export async function certificateFindings(
  config: EffectiveConfig,
  now: number,
): Promise<readonly Finding[]> {
  const parts = tlsPartsOf(config);
  const admin = config.admin?.tls;
  const any = [...parts.listeners, ...parts.upstreams].some(({ tls }) => tls != null);
  if (!any && admin === undefined) return [];
  // The data plane is heavy, and most of what is checked has no use for it.
  const { inspectCertificate, inspectCertificates } = await import('../../proxy/index.ts');
  const files = inspectCertificates(parts, now).map(
    (finding): Finding => ({
      severity: 'warning',
      path: pathOf(config, finding),
      part: 'value',
      message: `${finding.text}${whatFollows(finding)}`,
    }),
  );
  if (admin === undefined) return files;
  const own = inspectCertificate({ ...admin, names: [], ocsp: null }, now);
  return [...files, ...own.map(adminFinding)];
}

/** A client that looks at it refuses what the admin listener would still show. */
const SHOWN: readonly CertificateFault['code'][] = ['expired', 'not_yet_valid', 'chain_broken'];

function adminFinding({ code, text }: CertificateFault): Finding {
  const follows = SHOWN.includes(code)
    ? '; who verifies it refuses to connect to the admin listener'
    : '; nobody could connect to the admin listener';
  const message = `${text}${code === null ? '' : follows}`;
  return { severity: 'warning', path: ['admin', 'tls', 'certificate'], part: 'value', message };
}

function pathOf(
  config: EffectiveConfig,
  { listener, upstream, file }: CertificateFinding,
): Finding['path'] {
  if (listener === null) {
    const key = config.upstreams[upstream!]?.tls?.ca === file ? 'ca' : 'certificate';
    return ['upstreams', upstream!, 'tls', key];
  }
  const entry = config.listeners[listener]!;
  const tls = entry.protocol === 'udp' ? undefined : entry.tls;
  const index = tls?.certificates.findIndex(({ certificate }) => certificate === file) ?? -1;
  const path = ['listeners', listener, 'tls'];
  if (index < 0) return [...path, 'client_certificates', 'ca'];
  return [...path, 'certificates', index, 'certificate'];
}

function whatFollows({ listener, code }: CertificateFinding): string {
  if (code === null) return '';
  return listener === null ? '; its servers cannot be reached' : '; its names would not be served';
}
