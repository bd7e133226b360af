import net from 'node:net';
import type { DrainOrder } from '../../keepalive/index.ts';
import type { Logger } from '../log/logger.ts';
import { listenUnix } from '../runtime/unix-listener.ts';
import { encodeCheckRequest } from './check-request.ts';
import { encodeDrainOrders } from './drain-orders.ts';
import { readLines } from './lines.ts';
import {
  decodeReadiness,
  HEARTBEAT_MS,
  READINESS_LINE_BYTES_MAX,
  type Readiness,
} from './readiness.ts';

/** Connections at a time, strangers included. */
const CONNECTIONS_MAX = 8;
/** Lines about what was refused, in the time of a heartbeat: whoever may connect could fill the log. */
const REFUSALS_LOGGED_MAX = 1;
/** Heartbeats in a row whose absence makes a connected balancer count as dead. */
const MISSED_HEARTBEATS_MAX = 4;

/** The agent's end of agent.sock. */
export interface BalancerListener {
  /** Has the balancer check its origins; it answers with the round. False: there is none. */
  checkOrigins(round: number): boolean;
  /** Tells the balancer all that drains from now on, now and whenever another one connects. */
  drain(drains: readonly DrainOrder[]): void;
  close(): void;
}

/** What the agent knows of the balancer. */
export interface BalancerSign extends Readiness {
  readonly alive: boolean;
}

/**
 * The agent's end of agent.sock. `onSign` is called on every message, the moment the balancer's
 * connection closes, and when a connected one has been silent for `MISSED_HEARTBEATS_MAX` heartbeats:
 * a process that is frozen keeps its connection and serves nobody.
 *
 * Whoever connects is the balancer only once it has said so in a valid line. It then takes the place
 * of the one before: after a crash the new process may be here before the kernel has told us of the
 * old one's end. That one's end is reported first, since readiness is not inherited.
 */
export async function listenForBalancer(
  path: string,
  log: Logger,
  onSign: (sign: BalancerSign) => void,
  heartbeatMs = HEARTBEAT_MS,
): Promise<BalancerListener> {
  let current: net.Socket | null = null;
  let missed = 0;
  let refused = 0;
  let drains: readonly DrainOrder[] = [];
  let drainsAt = performance.now();
  const tellDrains = () => {
    const passedMs = performance.now() - drainsAt;
    const left = drains.map((order) => ({ ...order, leftMs: order.leftMs - passedMs }));
    current?.write(encodeDrainOrders(left));
  };
  const refuse = (line: string) => {
    refused += 1;
    if (refused > REFUSALS_LOGGED_MAX) return;
    log.warn({ line: line.slice(0, 200) }, 'somebody said something on agent.sock: refused');
  };
  const dead = (reason: string) => onSign({ alive: false, ready: false, reasons: [reason] });
  const server = net.createServer((socket) => {
    readLines(socket, READINESS_LINE_BYTES_MAX, (line) => {
      const readiness = decodeReadiness(line);
      if (readiness === null) {
        refuse(line);
        socket.destroy();
        return;
      }
      if (socket !== current) {
        if (current !== null) dead('another balancer has taken its place');
        current?.destroy();
        current = socket;
        tellDrains();
      }
      missed = 0;
      onSign({ alive: true, ...readiness });
    });
    socket.on('drain', () => {
      if (socket === current) tellDrains();
    });
    socket.on('error', (error) => log.debug({ error: error.message }, 'agent.sock connection'));
    socket.on('close', () => {
      if (socket !== current) return;
      current = null;
      dead('the balancer is not connected');
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  await listenUnix(server, path);
  const watch = setInterval(() => {
    if (refused > REFUSALS_LOGGED_MAX) {
      log.warn({ refused }, `somebody said ${refused} wrong things on agent.sock: refused`);
    }
    refused = 0;
    if (current === null) return;
    missed += 1;
    // Counted in turns of this loop, not by a clock: a stall of our own is no silence of the other's.
    if (missed === MISSED_HEARTBEATS_MAX)
      dead('the balancer is connected but says nothing: frozen?');
  }, heartbeatMs);
  return {
    checkOrigins(round) {
      if (current === null || current.writableNeedDrain) return false;
      current.write(encodeCheckRequest({ round }));
      return true;
    },
    drain(orders) {
      drains = orders;
      drainsAt = performance.now();
      // One that does not read gets it when it does, or is given up as frozen before.
      if (current !== null && !current.writableNeedDrain) tellDrains();
    },
    close() {
      clearInterval(watch);
      server.close();
      const socket = current;
      current = null;
      socket?.destroy();
    },
  };
}
