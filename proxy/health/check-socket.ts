import { connect, isIP, type Socket } from 'node:net';
import type { CheckTls } from '../../src/config/health-config.ts';
import { CertificateError } from '../certificates/fault.ts';
import { readAuthorities } from '../certificates/pem.ts';
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
    const options = {
      host,
      port,
      ...(target.sendProxy == null ? {} : { socket: introduced(target) }),
      servername: serverName,
      rejectUnauthorized: tls.verify,
      ALPNProtocols: ['http/1.1'],
      ...certificatesOf(tls),
    };
    // Loaded where it is needed only: it reads all of the host's certificates.
    const { connect: connectTls } = process.getBuiltinModule('node:tls');
    return { socket: connectTls(options), readyEvent: 'secureConnect' };
  } catch (error) {
    const { message } = error as Error;
    return error instanceof CertificateError ? message : `TLS cannot be set up: ${message}`;
  }
}

/** Whom to trust and what to show. Throws CertificateError for a bad file of the check's own. */
function certificatesOf({ ca, asTraffic }: CheckTls) {
  const authorities =
    asTraffic === undefined ? (ca === null ? null : readAuthorities(ca)) : asTraffic.ca;
  const own = asTraffic?.own ?? null;
  return {
    ...(authorities !== null && { ca: authorities }),
    ...(own !== null && { cert: own.chain, key: own.key }),
  };
}

/** Connects, and says first that this is the balancer itself where the server asks who it is. */
function introduced({ host, port, sendProxy = null }: CheckTarget): Socket {
  const socket = connect({ host, port });
  if (sendProxy !== null) socket.write(proxyHeader(sendProxy, null));
  return socket;
}
