import type { HealthCheckConfig } from '../../src/config/proxy-config.ts';
import { serverAddress } from '../upstream/identity.ts';
import { type CheckOutcome, type CheckTarget, PASSED, probe } from './probe.ts';
import { readResponseHead } from './response-head.ts';

export type HttpCheckConfig = Pick<HealthCheckConfig, 'path' | 'host' | 'statuses' | 'timeoutMs'>;

/**
 * One GET on a connection of its own. Passes when a well-formed response head with an accepted
 * status is there within the timeout; the body does not matter. Never rejects.
 */
export function httpCheck(
  target: CheckTarget,
  config: HttpCheckConfig,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const address = serverAddress(target);
  return probe(target, config.timeoutMs, signal, (socket, finish) => {
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
      const reading = readResponseHead(text);
      if (reading.kind === 'malformed') {
        finish({ kind: 'failed', error: `${reading.error} from ${address}` });
      } else if (reading.kind === 'status') {
        finish(judgeStatus(reading.status, config.statuses, address));
      }
    });
    socket.on('end', () => {
      finish({ kind: 'failed', error: `${address} closed before a full response head` });
    });
    socket.write(checkRequest(target, config));
  });
}

function checkRequest(target: CheckTarget, config: HttpCheckConfig): string {
  // RFC 9110 section 7.2: Host without the port where it is the scheme's default.
  const host = config.host ?? serverAddress(target).replace(/:80$/, '');
  return (
    `GET ${config.path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: tandem-health-check\r\n` +
    'Accept: */*\r\nConnection: close\r\n\r\n'
  );
}

function judgeStatus(
  status: number,
  accepted: HttpCheckConfig['statuses'],
  address: string,
): CheckOutcome {
  if (accepted.some(([from, to]) => status >= from && status <= to)) return PASSED;
  const wanted = accepted.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  return { kind: 'failed', error: `status ${status} from ${address}, not ${wanted.join(' or ')}` };
}
