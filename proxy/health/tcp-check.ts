import type { TcpProbe } from '../../src/config/health-config.ts';
import { serverAddress } from '../upstream/identity.ts';
import { CHECK_ANSWER_BYTES_MAX } from './limits.ts';
import { type CheckOutcome, type CheckTarget, PASSED, probe } from './probe.ts';

export type TcpCheckConfig = Omit<TcpProbe, 'kind'> & { readonly timeoutMs: number };

/**
 * Passes when a connection (under TLS: with its handshake) is established within the timeout, and
 * the server says within its first bytes what it is expected to. Never rejects.
 */
export function tcpCheck(
  target: CheckTarget,
  config: TcpCheckConfig,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const address = serverAddress(target);
  const { send, expect, timeoutMs, tls } = config;
  return probe(target, { timeoutMs, tls }, signal, (socket, finish) => {
    if (expect === '') {
      socket.end();
      finish(PASSED);
      return;
    }
    const wanted = JSON.stringify(expect);
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text = (text + chunk).slice(0, CHECK_ANSWER_BYTES_MAX);
      if (text.includes(expect)) {
        socket.end();
        finish(PASSED);
      } else if (text.length === CHECK_ANSWER_BYTES_MAX) {
        const within = `within ${CHECK_ANSWER_BYTES_MAX} bytes`;
        finish({ kind: 'failed', error: `${address} did not say ${wanted} ${within}` });
      }
    });
    socket.on('end', () => {
      finish({ kind: 'failed', error: `${address} closed and did not say ${wanted}` });
    });
    if (send !== '') socket.write(send, 'latin1');
  });
}
