import { readFileSync } from 'node:fs';
import { connect, isIP, type Socket } from 'node:net';
import type { CheckTls } from '../../src/config/health-config.ts';
import { proxyHeader } from '../proxy-protocol/sent-header.ts';
import type { CheckTarget } from './probe.ts';

/** A socket on its way to a server. */
export interface CheckSocket {
  readonly socket: Socket;
  /** What it emits when there is somebody to talk to. */
  readonly readyEvent: 'connect' | 'secureConnect';
}

/**
 * Begins to connect. Under TLS the name asked for is the configured one, else the server's own; an
 * address is no name to ask for, but the certificate may be for it. Returns in words what of ours is
 * missing instead.
 */
export function openCheckSocket(target: CheckTarget, tls: CheckTls | null): CheckSocket | string {
  const { host, name, port } = target;
  if (tls === null) return { socket: introduced(target), readyEvent: 'connect' };
  const serverName = tls.serverName ?? name ?? (isIP(host) === 0 ? host : '');
  try {
    const ca = tls.ca === null ? {} : { ca: readFileSync(tls.ca) };
    const own =
      tls.own === undefined
        ? {}
        : { cert: readFileSync(tls.own.certificate), key: readFileSync(tls.own.key) };
    const options = {
      host,
      port,
      ...(target.sendProxy == null ? {} : { socket: introduced(target) }),
      servername: serverName,
      rejectUnauthorized: tls.verify,
      ALPNProtocols: ['http/1.1'],
      ...ca,
      ...own,
    };
    // Loaded where it is needed only: it reads all of the host's certificates.
    const { connect: connectTls } = process.getBuiltinModule('node:tls');
    return { socket: connectTls(options), readyEvent: 'secureConnect' };
  } catch (error) {
    const { path = tls.ca } = error as NodeJS.ErrnoException;
    return `${path}: ${(error as Error).message}`;
  }
}

/** Connects, and says first that this is the balancer itself where the server asks who it is. */
function introduced({ host, port, sendProxy = null }: CheckTarget): Socket {
  const socket = connect({ host, port });
  if (sendProxy !== null) socket.write(proxyHeader(sendProxy, null));
  return socket;
}
