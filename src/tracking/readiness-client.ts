import net from 'node:net';
import type { Logger } from '../log/logger.ts';
import { encodeReadiness, type Readiness } from './readiness.ts';

/** Pause before connecting again, when the agent is not there (yet). */
const RECONNECT_MS = 200;

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
  #closed = false;
  /** Said once per absence, not once per attempt. */
  #absenceLogged = false;

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
    this.#connect();
  }

  /** Remembers the state and sends it if connected; a later connection starts with the last one. */
  update(readiness: Readiness): void {
    this.#last = readiness;
    if (this.#socket?.readyState === 'open') this.#socket.write(encodeReadiness(readiness));
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  #connect(): void {
    const socket = net.connect(this.#path);
    this.#socket = socket;
    socket.on('connect', () => {
      this.#absenceLogged = false;
      this.#log.info({ socket: this.#path }, 'connected to the VRRP agent');
      socket.write(encodeReadiness(this.#last));
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#absenceLogged || this.#closed) return;
      this.#absenceLogged = true;
      this.#log.warn(
        { socket: this.#path, code: error.code },
        'the VRRP agent does not answer; this host cannot become Active until it does',
      );
    });
    socket.on('close', () => {
      if (this.#closed) return;
      this.#timer = setTimeout(() => this.#connect(), RECONNECT_MS);
    });
    socket.resume();
  }
}
