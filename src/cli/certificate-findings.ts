/** What `tandem check` says of the certificates that a config names, as they are on this host now. */
import type { CertificateFinding } from '../../proxy/index.ts';
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
  const any = [...parts.listeners, ...parts.upstreams].some(({ tls }) => tls != null);
  if (!any) return [];
  // The data plane is heavy, and most of what is checked has no use for it.
  const { inspectCertificates } = await import('../../proxy/index.ts');
  return inspectCertificates(parts, now).map((finding) => ({
    severity: 'warning',
    path: pathOf(config, finding),
    part: 'value',
    message: `${finding.text}${whatFollows(finding)}`,
  }));
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
