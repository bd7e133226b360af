/**
 * The agent's relations with the other agent: what it is told, what it answers, what it is asked.
 *
 *     step: ask-peer --> ask ------------> PeerPort ~~~~> the other agent
 *     funnel <-- peer-answer <------------ PeerPort <~~~~ AgentDesk there (with its Witness)
 */
import type { AgentConfig } from '../../src/config/agent-config.ts';
import { formatMac } from '../duplicates/mac.ts';
import type { Handovers } from '../handover/handovers.ts';
import { heldAddresses } from '../holdings/address-keeper.ts';
import { verifyAnswerMicros, witnessTimeoutMaxMicros, witnessTimeoutMinMicros } from '../limits.ts';
import type { AgentPorts } from '../ports.ts';
import type { RouterDriver } from '../router-driver.ts';
import type { RouterStatus } from '../status.ts';
import type { StateName } from '../virtual-router/action.ts';
import type { RouterEvent } from '../virtual-router/event.ts';
import { activeDownInterval } from '../virtual-router/timers.ts';
import { AddressResolver } from './address-resolver.ts';
import { AgentDesk } from './agent-desk.ts';
import { AnnouncementCheck } from './announcement-check.ts';
import type { PairStatus } from './peer-port.ts';
import { Witness } from './witness.ts';

/** What the relations work with. */
export interface PeerRelationsOptions {
  readonly config: AgentConfig;
  readonly ports: AgentPorts;
  readonly routers: () => readonly RouterDriver[];
  readonly handovers: Handovers;
  /** The agent's funnel. */
  input(router: RouterDriver, event: RouterEvent): void;
}

/** See the file's comment. */
export class PeerRelations {
  readonly #options: PeerRelationsOptions;
  /** By name of the virtual router. */
  readonly #witnesses = new Map<string, Witness>();
  readonly #checks = new Map<RouterDriver, AnnouncementCheck>();
  #stopped = false;

  constructor(options: PeerRelationsOptions) {
    this.#options = options;
    this.#callWitnesses(options.config);
  }

  #callWitnesses({ virtualRouters }: AgentConfig): void {
    const { clock, network, peer } = this.#options.ports;
    if (peer === undefined) return;
    const never = virtualRouters.flatMap((router) =>
      heldAddresses(router).map(({ address }) => address),
    );
    for (const { name, interface: device, witness, advertIntervalMs } of virtualRouters) {
      if (witness === undefined) continue;
      // What is left of the interval is for the way there and back.
      const timeoutMicros = Math.min(
        Math.max(advertIntervalMs * 250, witnessTimeoutMinMicros),
        witnessTimeoutMaxMicros,
      );
      const place = { address: witness, interface: device, never };
      this.#witnesses.set(name, new Witness({ ...place, timeoutMicros, clock, network }));
    }
  }

  /** Another configuration: other routers, other witnesses. */
  reconfigure(config: AgentConfig): void {
    for (const witness of this.#witnesses.values()) witness.stop();
    this.#witnesses.clear();
    this.#callWitnesses(config);
    for (const witness of this.#witnesses.values()) witness.start();
  }

  /** Tells and answers from now on. */
  start(): void {
    for (const witness of this.#witnesses.values()) witness.start();
    const { handovers, ports } = this.#options;
    const { clock, network, peer } = ports;
    const resolver = new AddressResolver(clock, network);
    const witness = (name: string) => this.#witnesses.get(name);
    peer?.serve(new AgentDesk(this.#options.routers, witness, resolver, handovers));
  }

  /** Something that the peer is told has changed. */
  changed(): void {
    this.#options.ports.peer?.changed();
  }

  /** Asks whether the peer holds the addresses of a router, which waits for it since `asked`. */
  ask(router: RouterDriver, asked: number): void {
    const { version, standing } = { ...router.state.parameters, ...router.state };
    const micros = router.config.advertIntervalMs * 1000;
    const patience = activeDownInterval(version, standing.priority, micros);
    this.#options.ports.peer?.ask(
      { type: 'holder', router: router.config.name },
      patience,
      (answer) => {
        if (answer?.type !== 'holder' || this.#stopped) return;
        this.#options.input(router, { type: 'peer-answer', asked, answer });
      },
    );
  }

  /** A router changed its state: a claim is checked, and nothing else is. */
  transition(router: RouterDriver, to: StateName): void {
    this.#checks.get(router)?.stop();
    this.#checks.delete(router);
    const { peer, clock, log, network, events } = this.#options.ports;
    if (to !== 'Active' || peer === undefined || this.#stopped) return;
    const { name } = router.config;
    const check = new AnnouncementCheck({
      name,
      mac: () => {
        const link = network.link(router.config.interface);
        return link === null ? null : formatMac(link.mac);
      },
      clock,
      log,
      emit: events ?? (() => {}),
      ask: (onAnswer) => peer.ask({ type: 'resolve', router: name }, verifyAnswerMicros, onAnswer),
      onDoubt: () => this.#options.input(router, { type: 'doubt' }),
    });
    this.#checks.set(router, check);
  }

  /** Null without `pair`. */
  pair(): PairStatus | null {
    return this.#options.ports.peer?.status() ?? null;
  }

  /** Its part of a router's status. */
  statusOf(router: RouterDriver): Pick<RouterStatus, 'witness' | 'announcement'> {
    return {
      witness: this.#witnesses.get(router.config.name)?.status() ?? null,
      announcement: this.#checks.get(router)?.status() ?? null,
    };
  }

  /** Asks nobody any more; the port is closed by whoever opened it. */
  stop(): void {
    this.#stopped = true;
    for (const check of this.#checks.values()) check.stop();
    for (const witness of this.#witnesses.values()) witness.stop();
  }
}
