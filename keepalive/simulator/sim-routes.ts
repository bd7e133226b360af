import type { VirtualRoute } from '../../src/config/agent-config.ts';
import { routeText } from '../holdings/route-text.ts';
import type { RoutePort } from '../ports.ts';

/** The virtual routes in a host's kernel; they outlive the agent that made them. */
export class SimRoutes {
  readonly #routes = new Map<string, VirtualRoute>();
  readonly #onChange: () => void;
  /** Routes that somebody else has, which the kernel does not have twice. */
  readonly refused = new Set<string>();

  /** `onChange`: a route was removed behind the agent's back. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** In the words of `ip route`. */
  get all(): readonly string[] {
    return [...this.#routes.keys()];
  }

  /** Another program removes a route. */
  meddle(route: VirtualRoute): void {
    if (this.#routes.delete(routeText(route))) this.#onChange();
  }

  /** What an agent sees of it, while its process is there. */
  port(alive: () => boolean): RoutePort {
    return {
      list: async () => [...this.#routes.values()],
      add: async (route) => {
        const text = routeText(route);
        if (this.refused.has(text)) throw new Error(`somebody else has a route to ${text}`);
        if (alive()) this.#routes.set(text, route);
      },
      remove: async (route) => {
        if (alive()) this.#routes.delete(routeText(route));
      },
    };
  }
}
