/**
 * The driver of one virtual router's duplicate detection: its socket, its timer and its log.
 *
 *     ARP, neighbour advertisements --> ClaimWatch --+      timer       the router's state
 *                                                    v        | tick      | holding, released
 *                                      stepDuplicates (pure) <+-----------+
 *                                                    |
 *            questions, one announcement --> LAN     +--> yield, answers --> the agent's funnel
 */

import type { VirtualRouterConfig } from '../../src/config/agent-config.ts';
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import { DeadlineTimer } from '../deadline-timer.ts';
import type { EventSink } from '../events/event-types.ts';
import { peerFactsMaxMs } from '../limits.ts';
import type { LogLimiter } from '../log-limiter.ts';
import { virtualMacOf } from '../packet/virtual-mac.ts';
import type { PeerPort } from '../peer/peer-port.ts';
import type { ClaimWatch, Clock, LinkState, Logger, NetworkPort } from '../ports.ts';
import type { RouterEvent } from '../virtual-router/event.ts';
import { faultPriority, ownerPriority } from '../virtual-router/priority.ts';
import type { RouterState } from '../virtual-router/state.ts';
import { activeDownInterval } from '../virtual-router/timers.ts';
import { DuplicateLog } from './duplicate-log.ts';
import { formatMac, isVirtualMac } from './mac.ts';
import type { PeerWord } from './rank.ts';
import {
  type DuplicateState,
  newDuplicateState,
  nextDuplicateDeadline,
  type Rival,
} from './state.ts';
import { type DuplicateStatistics, type DuplicateStatus, duplicateStatus } from './status.ts';
import { type DuplicateAction, type DuplicateEvent, stepDuplicates } from './step.ts';

/** What a watch works with. */
export interface DuplicateWatchOptions {
  readonly config: VirtualRouterConfig;
  /** The other nodes' own addresses, canonical text. */
  readonly peers: readonly string[];
  /** Every virtual address of this host, canonical text. */
  readonly never: readonly string[];
  readonly clock: Clock;
  readonly network: NetworkPort;
  readonly log: Logger;
  readonly limiter: LogLimiter;
  readonly emit: EventSink;
  /** The connection with the other agent; absent: there is none. */
  readonly peer?: Pick<PeerPort, 'status'>;
  /** What an earlier watch of the same router knew; absent: nothing. */
  readonly known?: DuplicateState;
  /** What the router has to do about it: an input for its funnel. */
  onOrder(event: RouterEvent & { type: 'duplicate' | 'doubt' }): void;
}

/** See the file's comment. It listens only while the router holds, or waits for one it gave way to. */
export class DuplicateWatch {
  readonly #options: DuplicateWatchOptions;
  readonly #log: DuplicateLog;
  readonly #timer: DeadlineTimer;
  readonly #statistics: DuplicateStatistics = { found: 0, yielded: 0, defended: 0 };
  readonly #own: readonly Uint8Array[];
  readonly #peers: readonly Uint8Array[];
  #state: DuplicateState;
  #router: RouterState | null = null;
  #link: LinkState | null = null;
  #socket: ClaimWatch | null = null;
  #blind: string | null = null;
  #closed = false;

  constructor(options: DuplicateWatchOptions) {
    const { config, clock, log, limiter } = options;
    this.#options = options;
    this.#own = config.addresses.map(({ address }) => bytesOf(address));
    this.#peers = options.peers.map(bytesOf);
    this.#log = new DuplicateLog(config.name, config.interface, log, limiter);
    this.#timer = new DeadlineTimer(clock, () => this.#tick());
    const parameters = {
      intervalMicros: config.advertIntervalMs * 1000,
      mayYield: !config.strictRfc && config.priority !== ownerPriority,
      partnerIsOther: config.peer === 'other',
      wordNeeded: wordNeeded(config),
    };
    this.#state = { ...(options.known ?? newDuplicateState(parameters)), parameters };
    if (options.known !== undefined) this.#timer.set(nextDuplicateDeadline(this.#state));
  }

  /** The router's interface as it is now; null: there is none. */
  setLink(link: LinkState | null): void {
    if (link?.index !== this.#link?.index) this.#closeSocket();
    this.#link = link;
    if (this.#router !== null) this.observe(this.#router);
  }

  /** The router's state after each of its inputs. */
  observe(router: RouterState): void {
    this.#router = router;
    if (this.#options.network.openClaimWatch === undefined) return;
    const holding = router.name === 'Active' && router.lookAroundUntil === null;
    if (holding && this.#link !== null) {
      const mac = formatMac(this.#link.mac);
      const faulted = router.standing.priority <= faultPriority;
      const { state } = this;
      if (!state.holding || state.mac !== mac || state.faulted !== faulted) {
        this.#input({ type: 'holding', mac, faulted });
      }
    } else {
      const out = router.name !== 'Backup';
      const { holding: held, yieldedTo } = this.state;
      if (held || (out && yieldedTo !== null)) this.#input({ type: 'released', out });
    }
  }

  /** The neighbours may believe another host. */
  doubt(): void {
    if (this.state.holding) this.#input({ type: 'doubt' });
  }

  /** What is known now. */
  get state(): DuplicateState {
    return this.#state;
  }

  status(): DuplicateStatus {
    const { clock, config } = this.#options;
    const more = { blind: this.#blind, statistics: this.#statistics };
    return duplicateStatus(config.name, this.#state, more, clock.now());
  }

  close(): void {
    this.#closed = true;
    this.#timer.cancel();
    this.#closeSocket();
  }

  #tick(): void {
    // Silence is believed only when nothing unread contradicts it.
    this.#attempt(() => this.#socket?.readQueued());
    this.#input({ type: 'tick', hearing: this.#hearing(), word: this.#word() });
  }

  /** Only what a connected peer said a moment ago. */
  #word(): PeerWord {
    const { rivals, yieldedTo } = this.#state;
    if (this.#router === null || (rivals.length === 0 && yieldedTo === null)) return null;
    const { peer, config } = this.#options;
    const { connected, node } = peer?.status() ?? { connected: false, node: null };
    const agoMs = node?.reportAgoMs ?? null;
    if (!connected || agoMs === null || agoMs > peerFactsMaxMs) return null;
    const report = node?.report?.routers.find(({ name }) => name === config.name);
    if (report === undefined) return null;
    if (report.state !== 'Active') return 'not-active';
    return { own: this.#router.standing.priority, other: report.priority };
  }

  /** A Backup that heard an advertisement as lately as an Active router has to send one. */
  #hearing(): boolean {
    const router = this.#router;
    if (router?.name !== 'Backup' || router.heard === null) return false;
    const { version } = this.#options.config;
    const down = activeDownInterval(version, router.standing.priority, router.activeIntervalMicros);
    return this.#options.clock.now() - router.heard.at < down;
  }

  #input(event: DuplicateEvent): void {
    if (this.#closed) return;
    const result = stepDuplicates(this.#state, event, this.#options.clock.now());
    this.#state = result.state;
    if (!this.#listens) this.#closeSocket();
    else this.#listen();
    for (const action of result.actions) this.#execute(action);
    this.#timer.set(nextDuplicateDeadline(this.#state));
  }

  get #listens(): boolean {
    return this.#state.holding || this.#state.yieldedTo !== null;
  }

  #execute(action: DuplicateAction): void {
    const { onOrder } = this.#options;
    switch (action.type) {
      case 'ask':
        for (const ip of action.partners ? [...this.#own, ...this.#peers] : this.#own) {
          this.#attempt(() => this.#socket?.ask(ip));
        }
        break;
      case 'defend':
        this.#defend(action.address);
        break;
      case 'found':
        this.#statistics.found += 1;
        this.#log.found(action.rival);
        this.#tell('duplicate-found', action.rival);
        break;
      case 'gone':
        this.#log.gone(action.rival);
        this.#tell('duplicate-gone', action.rival);
        onOrder({ type: 'doubt' });
        break;
      case 'passed':
        onOrder({ type: 'doubt' });
        break;
      case 'yield':
        this.#statistics.found += 1;
        this.#statistics.yielded += 1;
        this.#log.yielded(action.rival);
        this.#tell('duplicate-yielded', action.rival);
        onOrder({ type: 'duplicate', order: 'yield', mac: action.rival.mac });
        break;
      case 'answers':
        onOrder({ type: 'duplicate', order: 'answers', mac: action.mac });
        break;
    }
  }

  #tell(
    type: 'duplicate-found' | 'duplicate-yielded' | 'duplicate-gone',
    { mac, address, partner, firstAt, lastAt }: Rival,
  ): void {
    const { config, emit } = this.#options;
    const fields = { router: config.name, mac, address };
    if (type === 'duplicate-found') emit({ type, ...fields, partner });
    else if (type === 'duplicate-gone') emit({ type, ...fields, forMs: (lastAt - firstAt) / 1000 });
    else emit({ type, ...fields });
  }

  #defend(address: string): void {
    const { network, config } = this.#options;
    const own = config.addresses.find((candidate) => candidate.address === address);
    if (own === undefined) return;
    this.#attempt(() => {
      network.announce(config.interface, own, virtualMacOf(config));
      this.#statistics.defended += 1;
    });
  }

  #listen(): void {
    const { config, network, never } = this.#options;
    if (this.#socket !== null || this.#link === null) return;
    this.#attempt(() => {
      this.#socket = network.openClaimWatch!({
        interface: config.interface,
        addresses: [...this.#own, ...this.#peers],
        never,
        onClaim: (mac, ip) => this.#claimed(formatMac(mac), formatIp(ip)),
      });
      this.#blind = null;
    });
  }

  #claimed(mac: string, address: string): void {
    const { config, peers } = this.#options;
    if (mac === this.#state.mac || isVirtualMac(mac, config.vrid)) return;
    if (config.addresses.some((own) => own.address === address)) {
      this.#input({ type: 'claimed', mac, address });
    } else if (peers.includes(address)) {
      this.#input({ type: 'partner', mac });
    }
  }

  /** What the kernel refuses is tried again with the next question. */
  #attempt(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#blind = error instanceof Error ? error.message : String(error);
      this.#log.blind(error);
    }
  }

  #closeSocket(): void {
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) this.#attempt(() => socket.close());
  }
}

/**
 * Where HMACs are demanded no word that anybody can forge may demote the Active router, and ARP is
 * such a word. And unicast is for networks that are no ordinary LANs: in a cloud the fabric itself
 * answers for every address, so that each host would take it for the other one, and give way to it.
 */
function wordNeeded({ auth, unicast }: VirtualRouterConfig): boolean {
  return unicast !== undefined || (auth?.type === 'hmac' && auth.mode === 'enforce');
}

function bytesOf(address: string): Uint8Array {
  const ip = parseIp(address);
  if (ip === null) throw new RangeError(`"${address}" is not an IP address`);
  return ip;
}
