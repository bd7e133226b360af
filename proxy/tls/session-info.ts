import { copyFrom } from './native-bytes.ts';
import { type Address, openssl } from './openssl.ts';
import { PeerCertificate, type TlsInfo } from './tls-info.ts';
import { derOf } from './x509.ts';

/** Names of ciphers by their address, which is a constant of OpenSSL's. */
const cipherNames = new Map<Address, string>();
const versionNames = new Map<number, string>();
const pointer = Buffer.alloc(8);
const length = Buffer.alloc(4);

/** What the finished handshake of this SSL came to. */
export function sessionInfo(session: Address, serverName: string | null): TlsInfo {
  const ssl = openssl();
  return {
    protocol: known(versionNames, ssl.SSL_version(session), () => ssl.SSL_get_version(session)),
    cipher: known(cipherNames, ssl.SSL_get_current_cipher(session), (cipher) =>
      ssl.SSL_CIPHER_get_name(cipher),
    ),
    serverName,
    alpn: agreedProtocol(session),
    resumed: ssl.SSL_session_reused(session) === 1,
    peerCertificate: peerCertificate(session),
  };
}

function known(names: Map<number, string>, key: number, name: (key: number) => string): string {
  let found = names.get(key);
  if (found === undefined) {
    found = name(key);
    names.set(key, found);
  }
  return found;
}

function agreedProtocol(session: Address): string | null {
  openssl().SSL_get0_alpn_selected(session, pointer, length);
  const bytes = length.readUInt32LE();
  if (bytes === 0) return null;
  const name = Buffer.allocUnsafe(bytes);
  copyFrom(Number(pointer.readBigUInt64LE()), name);
  return name.toString('latin1');
}

function peerCertificate(session: Address): PeerCertificate | null {
  const ssl = openssl();
  const certificate = ssl.SSL_get1_peer_certificate(session);
  if (certificate === 0) return null;
  const der = derOf(certificate);
  ssl.X509_free(certificate);
  return der === null ? null : new PeerCertificate(der);
}
