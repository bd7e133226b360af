import net from 'node:net';
import type { DrainOrder } from '../../keepalive/index.ts';
import type { Logger } from '../log/logger.ts';
import { decodeCheckRequest } from './check-request.ts';
import { decodeDrainOrders, ORDER_LINE_BYTES_MAX } from './drain-orders.ts';
import { readLines } from './lines.ts';
import { encodeReadiness, HEARTBEAT_MS, type Readiness } from './readiness.ts';

/** Pause before connecting again, when the agent is not there (yet). */
const RECONNECT_MS = 200;
/** The agent starts beside us: only an absence longer than this is worth a warning, ms. */
const ABSENCE_LOGGED_MS = 3_000;

/**
 * The balancer's end of agent.sock: keeps a connection to the agent for as long as the balancer
 * lives, tells it every change of readiness, and comes back when the agent restarts.
 */
export class ReadinessClient {
  readonly #path: string;
  readonly #log: Logger;
  #socket: net.Socket | null = null;
  #timer: NodeJS.Timeout | null = null;
  #last: Readiness = { ready: false, reasons: ['the balancer is starting'] };
  /** The last round of checks that this agent asked for and that is over; undefined: none. */
  #round: number | undefined;
  #onCheck: (round: number) => void = () => {};
  #onDrains: (drains: readonly DrainOrder[]) => void = () => {};
  /** The line that this connection had last. */
  #sent = '';
  #closed = false;
  /** Since when there is no agent, on the monotonic clock; null while there is one. */
  #absentSince: number | null = performance.now();
  /** Said once per absence, not once per attempt. */
  #absenceLogged = false;
  readonly #heartbeat = setInterval(() => this.#repeat(), HEARTBEAT_MS);

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
    this.#connect();
  }

  /**
   * Remembers the state and sends it if connected; a later connection starts with the last one. To
   * an agent that does not read only the newest state is sent when it does again.
   */
  update(readiness: Readiness): void {
    this.#last = readiness;
    const socket = this.#socket;
    if (socket?.readyState === 'open' && !socket.writableNeedDrain) this.#send(socket);
  }

  /** Calls back when the agent wants the origins checked; `finished` answers. */
  onCheckRequest(callback: (round: number) => void): void {
    this.#onCheck = callback;
  }

  /**
   * Calls back when the agent says what drains, which it does once on every connection. Without an agent
   * the last order holds.
   */
  onDrainOrders(callback: (drains: readonly DrainOrder[]) => void): void {
    this.#onDrains = callback;
  }

  /** The checks that the agent asked for are over. */
  finished(round: number): void {
    this.#round = round;
    this.update(this.#last);
  }

  #repeat(): void {
    this.#sent = '';
    this.update(this.#last);
  }

  #send(socket: net.Socket): void {
    const round = this.#round === undefined ? {} : { round: this.#round };
    const line = encodeReadiness({ ...this.#last, ...round });
    if (line === this.#sent) return;
    this.#sent = line;
    socket.write(line);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#heartbeat);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  #connect(): void {
    const socket = net.connect(this.#path);
    this.#socket = socket;
    socket.on('connect', () => {
      this.#absentSince = null;
      this.#absenceLogged = false;
      // Another agent counts its rounds anew.
      this.#round = undefined;
      this.#log.info({ socket: this.#path }, 'connected to the VRRP agent');
      this.#sent = '';
      this.#send(socket);
    });
    socket.on('drain', () => this.#send(socket));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#sayAbsent(error.code));
    socket.on('close', () => {
      if (this.#closed) return;
      this.#absentSince ??= performance.now();
      this.#timer = setTimeout(() => this.#connect(), RECONNECT_MS);
    });
    readLines(socket, ORDER_LINE_BYTES_MAX, (line) => {
      const request = decodeCheckRequest(line);
      if (request !== null) this.#onCheck(request.round);
      const drains = request === null ? decodeDrainOrders(line) : null;
      if (drains !== null) this.#onDrains(drains);
    });
  }

  #sayAbsent(code: string | undefined): void {
    const absentMs = this.#absentSince === null ? 0 : performance.now() - this.#absentSince;
    if (this.#absenceLogged || this.#closed || absentMs < ABSENCE_LOGGED_MS) return;
    this.#absenceLogged = true;
    this.#log.warn(
      { socket: this.#path, code },
      'the VRRP agent does not answer; this host cannot become Active until it does',
    );
  }
}
