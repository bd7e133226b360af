import type {
  ClientCertificateField,
  ClientCertificatesConfig,
} from '../../src/config/tls-config.ts';
import type { PeerCertificate, TlsInfo } from '../tls/tls-info.ts';
import { NO_LINES } from './extra-lines.ts';

type Writer = (certificate: PeerCertificate) => string;

const WRITERS: Readonly<Record<Exclude<ClientCertificateField, 'verify'>, Writer>> = {
  subject: ({ subject }) => printable(subject),
  issuer: ({ issuer }) => printable(issuer),
  serial: ({ serial }) => serial,
  fingerprint: ({ fingerprint }) => fingerprint,
  certificate: ({ pem }) => encodeURIComponent(pem),
};

/** nginx's word for what came of a client's certificate: a bad one gets no connection. */
export function verifyWord(tls: TlsInfo | null): 'SUCCESS' | 'NONE' {
  return tls === null || tls.peerCertificate === null ? 'NONE' : 'SUCCESS';
}

/** Whole lines that tell a server whose certificate the client has shown. */
export function certificateLines(tls: TlsInfo, config: ClientCertificatesConfig): Buffer {
  const { peerCertificate } = tls;
  if (config.fields.length === 0) return NO_LINES;
  const lines = config.fields.flatMap(({ name, says }) => {
    if (says === 'verify') return [`${name}: ${verifyWord(tls)}\r\n`];
    return peerCertificate === null ? [] : [`${name}: ${WRITERS[says](peerCertificate)}\r\n`];
  });
  return Buffer.from(lines.join(''), 'latin1');
}

/** What is not printable ASCII as RFC 2253 writes it, byte by byte: a certificate may say anything. */
export function printable(name: string): string {
  return name.replace(/[^ -~]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}
