/**
 * The agent's relations with the other agent: what it is told, what it answers, what it is asked.
 *
 *     step: ask-peer --> ask ------------> PeerPort ~~~~> the other agent
 *     funnel <-- peer-answer <------------ PeerPort <~~~~ AgentDesk there (with its Witness)
 */
import type { AgentConfig } from '../../src/config/agent-config.ts';
import { witnessTimeoutMaxMicros, witnessTimeoutMinMicros } from '../limits.ts';
import type { AgentPorts } from '../ports.ts';
import type { RouterDriver } from '../router-driver.ts';
import type { RouterEvent } from '../virtual-router/event.ts';
import { activeDownInterval } from '../virtual-router/timers.ts';
import { AgentDesk } from './agent-desk.ts';
import type { PairStatus } from './peer-port.ts';
import { Witness, type WitnessStatus } from './witness.ts';

/** What the relations work with. */
export interface PeerRelationsOptions {
  readonly config: AgentConfig;
  readonly ports: AgentPorts;
  readonly routers: () => readonly RouterDriver[];
  /** The agent's funnel. */
  input(router: RouterDriver, event: RouterEvent): void;
}

/** See the file's comment. */
export class PeerRelations {
  readonly #options: PeerRelationsOptions;
  /** By name of the virtual router. */
  readonly #witnesses = new Map<string, Witness>();
  #stopped = false;

  constructor(options: PeerRelationsOptions) {
    this.#options = options;
    this.#callWitnesses(options.config);
  }

  #callWitnesses({ virtualRouters }: AgentConfig): void {
    const { clock, network, peer } = this.#options.ports;
    if (peer === undefined) return;
    const never = virtualRouters.flatMap(({ addresses }) =>
      addresses.map(({ address }) => address),
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
    const desk = new AgentDesk(this.#options.routers, (name) => this.#witnesses.get(name));
    this.#options.ports.peer?.serve(desk);
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
        if (answer === null || this.#stopped) return;
        this.#options.input(router, { type: 'peer-answer', asked, answer });
      },
    );
  }

  /** Null without `pair`. */
  pair(): PairStatus | null {
    return this.#options.ports.peer?.status() ?? null;
  }

  /** Null for a router without one. */
  witness(router: string): WitnessStatus | null {
    return this.#witnesses.get(router)?.status() ?? null;
  }

  /** Asks nobody any more; the port is closed by whoever opened it. */
  stop(): void {
    this.#stopped = true;
    for (const witness of this.#witnesses.values()) witness.stop();
  }
}
