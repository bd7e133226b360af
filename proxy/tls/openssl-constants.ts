/** Numbers of OpenSSL's headers (3.x) that are macros in C. */

/** Commands of SSL_CTX_ctrl, SSL_ctrl and SSL_CTX_callback_ctrl. */
export const Ctrl = {
  mode: 33,
  sessionCacheMode: 44,
  maxCertList: 51,
  hostName: 55,
  statusCallback: 63,
  statusType: 65,
  statusResponse: 71,
  chainCertificate: 89,
  groups: 92,
  minProtocol: 123,
  maxProtocol: 124,
} as const;

export const Mode = { acceptMovingWriteBuffer: 0x2, releaseBuffers: 0x10 } as const;

/** Bits 17, 30 and 14 of the options. */
export const Option = {
  noCompression: 2 ** 17,
  noRenegotiation: 2 ** 30,
  noTicket: 2 ** 14,
} as const;

export const Verify = { none: 0, peer: 1, failIfNone: 2 } as const;

/** What SSL_get_error says. */
export const SslError = { protocol: 1, wantRead: 2, wantWrite: 3, system: 5, closed: 6 } as const;

export const PROTOCOL_NUMBERS = { '1.2': 0x0303, '1.3': 0x0304 } as const;

/** BIO_reset. */
export const BIO_CTRL_RESET = 1;

/** Libraries, and the reasons of theirs that mean something to an operator. */
export const Library = { pem: 9, x509: 11, ssl: 20 } as const;
export const PEM_NO_START_LINE = 108;
