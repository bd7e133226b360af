import type { AgentConfig } from '../../src/config/agent-config.ts';
import type { AgentPorts } from '../ports.ts';
import type { RouterDriver } from '../router-driver.ts';
import type { RouterAction } from '../virtual-router/action.ts';
import type { RouterEvent } from '../virtual-router/event.ts';
import { formatLine, type JournalSink, type Outcome, outcomeOf } from './journal.ts';

/** Applies inputs, and writes them into the journal when there is one. */
export class Recorder {
  readonly #sink: JournalSink | undefined;
  readonly #header: () => string;

  /** `agent`: its configuration and routers as they are now. */
  constructor(
    { journal, clock }: AgentPorts,
    agent: () => readonly [AgentConfig, readonly RouterDriver[]],
  ) {
    this.#sink = journal;
    this.#header = () => {
      const [{ node, digest }, routers] = agent();
      const states = routers.map(({ config, state }) => ({ name: config.name, state }));
      return formatLine({ journal: 1, node, digest, at: clock.now(), routers: states });
    };
  }

  /** What follows is to be replayed from here. */
  begin(): void {
    this.#sink?.(this.#header(), this.#header);
  }

  /** A router was added: what follows cannot be replayed without it. */
  added(router: RouterDriver): RouterDriver {
    this.begin();
    return router;
  }

  /**
   * Applies one input. What was done is written after it is done, so that no advertisement waits for
   * that; an input that ends in a defect is written as well, without an outcome.
   */
  apply(router: RouterDriver, event: RouterEvent, at: number): readonly RouterAction[] {
    if (this.#sink === undefined) return router.apply(event, at);
    let outcome: Outcome | undefined;
    try {
      const actions = router.apply(event, at);
      outcome = outcomeOf(router.state, actions);
      return actions;
    } finally {
      const { name } = router.config;
      const entry = { at, router: name, event, ...(outcome === undefined ? {} : { outcome }) };
      this.#sink(formatLine(entry), this.#header);
    }
  }
}
