/** Clients of several addresses of one listener, and orders to drain one of them. */
import { once } from 'node:events';
import net from 'node:net';
import type { ProxyConfig } from '../../src/config/proxy-config.ts';
import type { TestPlane } from '../data-plane.fixture.ts';
import { RawPeer } from '../raw-peers.fixture.ts';
import { processNow } from '../shared/process-clock.ts';
import { noneOfAny } from './departing-address.ts';
import type { KindCounts, WorkerConnections } from './drains.ts';

/** The address that drains, and one that does not. */
export const LEAVING = '127.0.0.2';
export const STAYING = '127.0.0.3';

/** The same listener on all addresses of the loopback. */
export function onAllAddresses(config: ProxyConfig): ProxyConfig {
  const [front] = config.listeners;
  return { ...config, listeners: [{ ...front!, binds: [{ host: '0.0.0.0', port: 0 }] }] };
}

/** Connects to one of them; it stays open for writing after an end. */
export async function clientAt(host: string, port: number): Promise<RawPeer> {
  const socket = net.connect({ host, port, allowHalfOpen: true, noDelay: true });
  const peer = new RawPeer(socket);
  await once(socket, 'connect');
  return peer;
}

/** Times of a drain that is in that part of its course from now on, for seconds. */
const COURSE = {
  serving: { deadlineMs: 60_000, politeMs: 1000 },
  /** So near to the end of the time to tell that all are told at once. */
  retire: { deadlineMs: 15_000, politeMs: 30_000 },
  leave: { deadlineMs: 1500, politeMs: 30_000 },
  cut: { deadlineMs: 0, politeMs: 1000 },
} as const;

/** Orders a plane as its main thread would, and keeps what it tells. */
export class Drain {
  readonly #plane: TestPlane['plane'];
  told: readonly WorkerConnections[] = [];

  constructor({ plane }: TestPlane) {
    this.#plane = plane;
  }

  /** The leaving address is at that part of its drain. */
  order(course: keyof typeof COURSE, address = LEAVING): void {
    const { deadlineMs, politeMs } = COURSE[course];
    this.orderFor(deadlineMs, politeMs, address);
  }

  orderFor(deadlineMs: number, politeMs: number, address = LEAVING): void {
    const drain = { address, deadlineAt: processNow() + deadlineMs, politeMs };
    this.#plane.drainAddresses([drain], (told) => {
      this.told = told;
    });
  }

  /** The address is ours again. */
  takeBack(): void {
    this.#plane.drainAddresses([], (told) => {
      this.told = told;
    });
  }

  /** What there is on the leaving address, as told last. */
  get kinds(): KindCounts | undefined {
    return this.told[0]?.kinds;
  }
}

/** So many of these, none of any other. */
export function only(counts: Partial<KindCounts>): KindCounts {
  return { ...noneOfAny(), ...counts };
}

/** A frame as a server sends it. */
export function serverFrame(opcode: number, payload: string): string {
  const length = payload.length;
  const size =
    length < 126
      ? [length]
      : length < 65_536
        ? [126, length >> 8, length & 255]
        : [127, 0, 0, 0, 0, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255];
  return String.fromCharCode(0x80 | opcode, ...size) + payload;
}

/** A close frame with 1001, as a server sends it. */
export const GOING_AWAY = '\x88\x02\x03\xe9';
