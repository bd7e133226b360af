import net from 'node:net';
import type { Logger } from '../log/logger.ts';
import { listenUnix } from '../runtime/unix-listener.ts';
import { decodeReadiness, READINESS_LINE_BYTES_MAX, type Readiness } from './readiness.ts';

/** What the agent knows of the balancer. */
export interface BalancerSign extends Readiness {
  readonly alive: boolean;
}

/**
 * The agent's end of agent.sock. `onSign` is called on every message and the moment the balancer's
 * connection closes. A second balancer replaces the first one: after a crash the new process may
 * connect before the kernel has told us of the old one's end.
 */
export async function listenForBalancer(
  path: string,
  log: Logger,
  onSign: (sign: BalancerSign) => void,
): Promise<{ close(): void }> {
  let current: net.Socket | null = null;
  const server = net.createServer((socket) => {
    current?.destroy();
    current = socket;
    onSign({ alive: true, ready: false, reasons: ['the balancer has just connected'] });
    readLines(socket, (line) => {
      const readiness = decodeReadiness(line);
      if (readiness === null) {
        log.warn({ line: line.slice(0, 200) }, 'the balancer sent something that is no readiness');
      } else if (socket === current) {
        onSign({ alive: true, ...readiness });
      }
    });
    socket.on('error', (error) => log.debug({ error: error.message }, 'agent.sock connection'));
    socket.on('close', () => {
      if (socket !== current) return;
      current = null;
      onSign({ alive: false, ready: false, reasons: ['the balancer is not connected'] });
    });
  });
  await listenUnix(server, path);
  return {
    close() {
      server.close();
      const socket = current;
      current = null;
      socket?.destroy();
    },
  };
}

function readLines(socket: net.Socket, onLine: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
    if (rest.length > READINESS_LINE_BYTES_MAX) socket.destroy();
  });
}
