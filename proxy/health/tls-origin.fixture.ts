import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';

/** A certificate for origin.test and 127.0.0.1, signed by itself, good until 2126; tests only. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBojCCAUegAwIBAgIULX+uWwAXdl+Z3/gFZC/wYUyJOyowCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLb3JpZ2luLnRlc3QwIBcNMjYxMTIxMTQwNDIyWhgPMjEyNjEw
MjgxNDA0MjJaMBYxFDASBgNVBAMMC29yaWdpbi50ZXN0MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEyb+hLzzJwGmPWfZG1DI7BKTqbbxTyM71u3EDCSXZm3wfkUAe
g5/8XjcLZ6uyQLdaXSb+UFstgYKszcMvvCU8OqNxMG8wHQYDVR0OBBYEFADIYhlH
z/sT6mxFUbOJFWAuJRhKMB8GA1UdIwQYMBaAFADIYhlHz/sT6mxFUbOJFWAuJRhK
MA8GA1UdEwEB/wQFMAMBAf8wHAYDVR0RBBUwE4ILb3JpZ2luLnRlc3SHBH8AAAEw
CgYIKoZIzj0EAwIDSQAwRgIhAJOAB/TTbOT/zsHRKqZuJwC62dlrrnqSVn0qGeg0
7UpyAiEAqbB5CdFVjvHgbETTxrhkT6akhklK4a2G8EGPitg50Kg=
-----END CERTIFICATE-----
`;

const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFmn2d4q28gssz+sT
NKT/aczFXK5x6UOQBtrm2Viwk0ChRANCAATJv6EvPMnAaY9Z9kbUMjsEpOptvFPI
zvW7cQMJJdmbfB+RQB6Dn/xeNwtnq7JAt1pdJv5QWy2BgqzNwy+8JTw6
-----END PRIVATE KEY-----
`;

/** A TLS origin on 127.0.0.1 and the server names its clients asked for. */
export async function tlsOrigin(behave: (socket: TLSSocket) => void) {
  const names: (string | false | null)[] = [];
  const server = createServer({ key: KEY, cert: CERTIFICATE }, (socket) => {
    names.push(socket.servername);
    socket.on('error', () => {});
    behave(socket);
    socket.resume();
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, names, close: () => new Promise<void>((done) => server.close(() => done())) };
}
