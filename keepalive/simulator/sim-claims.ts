import { formatIp } from '../../src/os/ip-address.ts';
import type { ClaimWatch, ClaimWatchOptions, NetworkPort } from '../ports.ts';
import { compareAddresses } from '../virtual-router/election.ts';
import type { HostPart, SimProcess } from './host-part.ts';
import type { SimHost } from './sim-host.ts';
import { type Frame, familyOfFrame, type SimLan } from './sim-lan.ts';

/** First byte of a message: who has it, or I have it; then the sender's MAC and the address. */
const ASK = 1;
const CLAIM = 2;
const MAC_BYTES = 6;
/** Claims a socket keeps for a process that does not read; the rest is lost, as in a kernel. */
const SOCKET_QUEUE_MAX = 256;

/** Where the host is, and who it is there. */
export interface SimClaimsOptions {
  readonly lan: SimLan;
  readonly interface: string;
  readonly source: Uint8Array;
  readonly second?: Uint8Array;
  /** Its agent can hear who claims an address; absent: it cannot. */
  readonly claims?: boolean;
}

/**
 * ARP and neighbour discovery of one simulated host: its kernel answers for the addresses it has,
 * whether or not the agent runs, and the agent hears who claims one.
 */
export class SimClaims implements HostPart {
  readonly #host: SimHost;
  readonly #options: SimClaimsOptions;
  #listeners = new Set<ClaimWatchOptions>();
  #queue: Frame[] = [];

  constructor(host: SimHost, options: SimClaimsOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** The sockets of one process. */
  network(process: SimProcess): Partial<NetworkPort> {
    if (this.#options.claims !== true) return {};
    return { openClaimWatch: (options) => this.#open(options, process) };
  }

  /** The agent announces one of its addresses: everybody hears the claim. */
  announced(ip: Uint8Array): void {
    if (this.#options.claims === true) this.#send(CLAIM, ip);
  }

  /** The kernel answers a question at once; a claim waits while the process does not run. */
  receive(frame: Frame): void {
    if (frame.protocol !== 'arp') return;
    const { message } = frame;
    const ip = message.slice(1 + MAC_BYTES);
    if (message[0] === ASK && this.#has(ip)) this.#send(CLAIM, ip, frame.source);
    if (message[0] !== CLAIM || !this.#isForUs(frame) || this.#listeners.size === 0) return;
    if (!this.#host.paused) this.#deliver(frame);
    else if (this.#queue.length < SOCKET_QUEUE_MAX) this.#queue.push(frame);
  }

  /** The process reads what waits. */
  resumed(): void {
    this.#read();
  }

  /** The process is gone, and its sockets with it. */
  reset(): void {
    this.#listeners = new Set();
    this.#queue = [];
  }

  #open(options: ClaimWatchOptions, { alive }: SimProcess): ClaimWatch {
    const listeners = this.#listeners;
    listeners.add(options);
    return {
      ask: (target) => {
        if (alive()) this.#send(ASK, target);
      },
      readQueued: () => this.#read(),
      close: () => {
        listeners.delete(options);
      },
    };
  }

  /** Its own addresses always, a virtual one while the lease lets it. */
  #has(ip: Uint8Array): boolean {
    const text = formatIp(ip);
    if (this.#own().some((own) => compareAddresses(own, ip) === 0)) return true;
    return this.#host.addresses.has(text) && this.#host.lease.speaksOf(text);
  }

  #own(): Uint8Array[] {
    const { source, second } = this.#options;
    return second === undefined ? [source] : [source, second];
  }

  #isForUs({ to }: Frame): boolean {
    return to === undefined || this.#own().some((own) => compareAddresses(own, to) === 0);
  }

  #send(operation: number, ip: Uint8Array, to?: Uint8Array): void {
    const { lan, interface: name } = this.#options;
    const link = this.#host.link(name);
    if (link === null || !link.running) return;
    const family = ip.length === 4 ? 4 : 6;
    const source = this.#own().find((own) => familyOfFrame({ source: own }) === family);
    if (source === undefined) return;
    const message = Uint8Array.of(operation, ...link.mac, ...ip);
    const from = this.#host.station;
    const frame = { protocol: 'arp', from, message, source, hopLimit: 255 } as const;
    lan.send(to === undefined ? frame : { ...frame, to });
  }

  #read(): number {
    const queue = this.#queue;
    this.#queue = [];
    for (const frame of queue) this.#deliver(frame);
    return queue.length;
  }

  #deliver({ message }: Frame): void {
    const mac = message.slice(1, 1 + MAC_BYTES);
    const ip = message.slice(1 + MAC_BYTES);
    for (const { addresses, onClaim } of [...this.#listeners]) {
      if (addresses.some((wanted) => compareAddresses(wanted, ip) === 0)) onClaim(mac, ip);
    }
  }
}

/** A host that is not of the pair, at `source`, and answers whoever asks for `ip`. */
export function attachStranger(
  lan: SimLan,
  { mac, source, ip }: Readonly<Record<'mac' | 'source' | 'ip', Uint8Array>>,
): void {
  const from = lan.attach({
    receive: ({ protocol, message, source: to }) => {
      if (protocol !== 'arp' || message[0] !== ASK) return;
      if (compareAddresses(message.slice(1 + MAC_BYTES), ip) !== 0) return;
      const claim = Uint8Array.of(CLAIM, ...mac, ...ip);
      lan.send({ protocol: 'arp', from, message: claim, source, hopLimit: 255, to });
    },
  });
}
