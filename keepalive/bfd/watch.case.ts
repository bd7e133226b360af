/** For the tests of the driver: hosts on a wire of their own, in virtual time. */
import { OsError } from '../../src/os/errors.ts';
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import { LogLimiter } from '../log-limiter.ts';
import type {
  BfdSocketOptions,
  Clock,
  LinkState,
  NetworkPort,
  ReceivedBfdPacket,
} from '../ports.ts';
import { Prng } from '../simulator/prng.ts';
import { SimClock } from '../simulator/sim-clock.ts';
import { keepingLogger, type LogLine } from '../simulator/sim-pair.case.ts';
import { type FenceNews, type PeerNews, PeerWatch } from './peer-watch.ts';

export const MS = 1_000;
export const SECOND = 1_000_000;
export const HERE = '198.51.100.11';
export const THERE = '198.51.100.12';

const WIRE_MICROS = 50;
const EADDRINUSE = 98;
const EPERM = 1;

export function link(changes: Partial<LinkState> = {}): LinkState {
  return { name: 'eth0', index: 2, mac: new Uint8Array(6), running: true, ...changes };
}

interface Station {
  readonly address: string;
  onPacket: ((packet: ReceivedBfdPacket) => void) | null;
  /** While the process does not run, the kernel keeps what arrives. */
  kept: ReceivedBfdPacket[] | null;
}

/** A wire between hosts that do nothing but BFD. */
export class Bench {
  readonly clock = new SimClock();
  readonly prng = new Prng(1);
  readonly logs: LogLine[] = [];
  readonly stations: Station[] = [];
  /** Packets put on the wire: `from to`. */
  readonly sent: { readonly from: string; readonly message: Uint8Array }[] = [];
  cut = false;
  refuseSockets = false;
  refuseSends = false;
  /** How late every timer is. */
  stallMicros = 0;
  opened = 0;

  /** A watch on `here` for `there`, 3 x 3 ms unless told otherwise. */
  watch(here: string, there: string, { intervalMicros = 3 * MS, running = true } = {}) {
    const station: Station = { address: here, onPacket: null, kept: null };
    this.stations.push(station);
    const losses: Extract<PeerNews, { type: 'peer-lost' }>[] = [];
    const heard: PeerNews[] = [];
    const fence: FenceNews[] = [];
    const clock = this.portClock();
    const log = keepingLogger(this.logs);
    const watch = new PeerWatch({
      interface: 'eth0',
      peer: parseIp(there)!,
      parameters: { localDiscriminator: this.stations.length, intervalMicros, multiplier: 3 },
      routers: ['web'],
      clock,
      network: this.#network(station),
      log,
      limiter: new LogLimiter(clock),
      emit: () => {},
      random: () => this.prng.float(),
      onNews: (news) => {
        if (news.type === 'peer-lost') losses.push(news);
        else if (news.type === 'peer-heard') heard.push(news);
        else fence.push(news);
      },
    });
    watch.setLink(link({ running }));
    return { watch, losses, heard, fence, station };
  }

  /** Both directions of one session, Up and at their pace. */
  async pair() {
    const a = this.watch(HERE, THERE);
    const b = this.watch(THERE, HERE);
    await this.run(4 * SECOND);
    return { a, b };
  }

  portClock(): Clock {
    return {
      now: () => this.clock.now,
      timer: (at, callback) => this.clock.at(at + this.stallMicros, callback),
    };
  }

  async run(micros: number): Promise<void> {
    await this.clock.runUntil(this.clock.now + micros);
  }

  /** Delivers a packet of our own making to a station. */
  inject(station: Station, packet: ReceivedBfdPacket): void {
    station.onPacket?.(packet);
  }

  /** Messages that match. */
  logged(pattern: RegExp): string[] {
    return this.logs.map(({ message }) => message).filter((message) => pattern.test(message));
  }

  #network(station: Station): NetworkPort {
    const unused = () => {
      throw new Error('not for BFD');
    };
    return {
      openBfdSocket: (options) => this.#open(station, options),
      link: () => link(),
      openAdvertisementSocket: unused,
      addresses: unused,
      addAddress: unused,
      removeAddress: unused,
      announce: unused,
      subscribe: unused,
      close: unused,
    };
  }

  #open(station: Station, { peer, onPacket }: BfdSocketOptions) {
    if (this.refuseSockets) throw new OsError('bind', EADDRINUSE, 'eth0, UDP port 3784, IPv4');
    this.opened += 1;
    station.onPacket = onPacket;
    return {
      send: (message: Uint8Array) => this.#send(station.address, formatIp(peer), message),
      readQueued: () => {
        const kept = station.kept ?? [];
        if (station.kept !== null) station.kept = [];
        for (const packet of kept) onPacket(packet);
        return kept.length;
      },
      close: () => {
        if (station.onPacket === onPacket) station.onPacket = null;
      },
    };
  }

  #send(from: string, to: string, message: Uint8Array): void {
    if (this.refuseSends) throw new OsError('sendmsg', EPERM, 'eth0, UDP port 50000, IPv4');
    this.sent.push({ from, message });
    if (this.cut) return;
    const packet = { message, source: parseIp(from)!, hopLimit: 255 };
    this.clock.after(WIRE_MICROS, () => {
      for (const station of this.stations) {
        if (station.address !== to) continue;
        if (station.kept !== null) station.kept.push(packet);
        else station.onPacket?.(packet);
      }
    });
  }
}
