import { originCheckMaxMicros } from '../limits.ts';
import type { AgentPorts, LinkState } from '../ports.ts';
import type { ProxyReport } from './proxy-tracker.ts';

/**
 * What the balancer knows of its origins is old news when a cable is put back: they were out of its
 * reach, and it would answer 503 until the next checks. So a link that comes up makes it check them
 * at once, and until it has, or for as long as that may take at most, this node does not take the
 * addresses from a sound one. From a silent or faulted one it does.
 */
export class OriginChecks {
  readonly #ports: Pick<AgentPorts, 'clock' | 'checkOrigins'>;
  readonly #links = new Map<string, boolean>();
  #round = 0;
  #heldUntil: number | null = null;

  constructor(ports: Pick<AgentPorts, 'clock' | 'checkOrigins'>) {
    this.#ports = ports;
  }

  /** No voluntary preemption before this time, microseconds; null: nothing to wait for. */
  get heldUntil(): number | null {
    return this.#heldUntil;
  }

  /** An interface as it is now. The first look at it is no link that comes up. */
  setLink(name: string, link: LinkState | null): void {
    const running = link?.running === true;
    const before = this.#links.get(name);
    this.#links.set(name, running);
    if (!running || before !== false) return;
    const { clock, checkOrigins } = this.#ports;
    if (checkOrigins?.(this.#round + 1) !== true) return;
    this.#round += 1;
    this.#heldUntil = clock.now() + originCheckMaxMicros;
  }

  /** What the balancer says of itself; a new one has checked before it is ready. */
  update({ alive, round }: ProxyReport): void {
    if (!alive || (round !== undefined && round >= this.#round)) this.#heldUntil = null;
  }
}
