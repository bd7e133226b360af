/** The certificate of an admin listener off loopback: read from its files, and again when they change. */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { AdminConfig } from '../config/admin-config.ts';
import type { Logger } from '../log/logger.ts';

/** A new certificate is in use after at most so long, ms. */
const LOOK_EVERY_MS = 60_000;

/**
 * Gives the server its certificate, and each new one. While there is none that can be used, handshakes
 * fail and the log says why: traffic must not wait for the operator's door. The returned function ends it.
 */
export function keepCertificate(
  server: Server,
  { certificate, key }: NonNullable<AdminConfig['tls']>,
  log: Logger,
): () => void {
  let used = '';
  let complaint = '';
  const look = () => {
    try {
      const [cert, privateKey] = [readFileSync(certificate, 'utf8'), readFileSync(key, 'utf8')];
      complaint = '';
      if (cert + privateKey === used) return;
      const context = { cert, key: privateKey, minVersion: 'TLSv1.2' } as const;
      // It would be taken as it is: a key of another certificate is found out here.
      createSecureContext(context);
      server.setSecureContext(context);
      used = cert + privateKey;
      log.info({ certificate }, `admin: its certificate is that of ${certificate}`);
    } catch (error) {
      const { message } = error as Error;
      if (message === complaint) return;
      complaint = message;
      const instead = used === '' ? 'nobody can connect' : 'the one from before is used';
      log.error({ certificate, key }, `admin: ${certificate} and ${key}: ${message}; ${instead}`);
    }
  };
  look();
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  return () => clearInterval(timer);
}
