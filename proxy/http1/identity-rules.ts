import type { HttpRulesConfig } from '../../src/config/proxy-config.ts';
import type { ClientCertificatesConfig } from '../../src/config/tls-config.ts';
import type { ViaLines } from './compose-head.ts';
import { type LineRules, StrangerLines } from './stranger-lines.ts';
import { TrustedProxies } from './trusted-proxies.ts';

/** What a listener tells about itself and its clients, ready to be written. */
export interface IdentityRules extends LineRules {
  /** Null: nobody is believed. */
  readonly trusted: TrustedProxies | null;
  /** Fields that only a trusted proxy may send, beside those that are always replaced. */
  readonly ownFields: readonly string[];
  /** What is asked of clients' certificates; null: nothing. */
  readonly certificate: ClientCertificatesConfig | null;
  /** Fields about them, which nobody may send where we say it ourselves, not even a trusted proxy. */
  readonly certificateFields: readonly string[];
  /** What is told of clients that nobody vouches for. */
  readonly strangers: StrangerLines;
  /** They are for requests that come over HTTP/2. */
  readonly http2?: boolean;
  readonly via: ViaLines;
}

/** The rules of a listener. */
export function identityRules(
  config: HttpRulesConfig,
  clientCertificates: ClientCertificatesConfig | null = null,
): IdentityRules {
  const { clientIp, forwarded, certificateFields } = config;
  const trusted = clientIp === null ? null : new TrustedProxies(clientIp);
  const xForwardedHost = { before: Buffer.from('X-Forwarded-Host: '), after: Buffer.from('\r\n') };
  const ownField = trusted?.ownField ?? null;
  const lineRules = {
    xForwarded: forwarded === 'x-forwarded' || forwarded === 'both',
    rfc7239: forwarded === 'rfc7239' || forwarded === 'both',
    xForwardedHost,
    quoteEnd: Buffer.from('"\r\n'),
  };
  return {
    ...lineRules,
    trusted,
    ownFields: [...(ownField === null ? [] : [ownField]), ...certificateFields],
    certificate: clientCertificates,
    certificateFields: clientCertificates === null ? [] : certificateFields,
    strangers: new StrangerLines(lineRules),
    via: [viaLine('1.0', config.via), viaLine('1.1', config.via), viaLine('2.0', config.via)],
  };
}

function viaLine(version: string, name: string): Buffer {
  return Buffer.from(`Via: ${version} ${name}\r\n`, 'latin1');
}
