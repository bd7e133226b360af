import type { CertificateStatus } from '../../proxy/index.ts';
import type { Exposition } from './exposition.ts';

/** Of one certificate of the config. `now`: ms since 1970. */
export function addCertificateMetrics(
  out: Exposition,
  { listener, upstream, certificate, state, notAfter, stapled }: CertificateStatus,
  now: number,
): void {
  const labels = { listener: listener ?? '', upstream: upstream ?? '', certificate };
  const prefix = 'tandem_certificate';
  const used = state === 'disabled' ? 0 : 1;
  out.gauge(`${prefix}_used`, 'It is used; 0: its names are not served.', labels, used);
  const bad = state === 'used' ? 0 : 1;
  out.gauge(`${prefix}_files_bad`, 'Its files are bad at present.', labels, bad);
  out.gauge(`${prefix}_stapled`, 'An OCSP response goes with it.', labels, stapled ? 1 : 0);
  if (notAfter === null) return;
  const help = 'Seconds until the certificate in use expires; negative: it has.';
  out.gauge(`${prefix}_expiry_seconds`, help, labels, Math.round((notAfter - now) / 1000));
}
