/**
 * What an operator orders of the agent on its control socket: `POST /handover` and `POST /hold`. A hold
 * outlives the agent: the next one is held, too.
 */
import type { Agent, AgentStatus } from '../../keepalive/index.ts';
import type { Logger } from '../log/logger.ts';
import type { HoldFile } from '../runtime/hold-file.ts';
import { json, type Orders, type Reply } from './server.ts';

/** What the orders work with. */
export interface OperatorOrdersOptions {
  readonly agent: Pick<Agent, 'handover' | 'hold' | 'status'>;
  readonly file: HoldFile;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly wallTime: () => number;
}

/** Whether the addresses stay where they are. */
export type HoldReport = AgentStatus['hold'] & {
  /** How long this node has been held; null: it is not. */
  readonly forMs: number | null;
};

/** See the file's comment. */
export class OperatorOrders {
  readonly #options: OperatorOrdersOptions;
  #heldSince: number | null = null;
  #handingOver = false;

  constructor(options: OperatorOrdersOptions) {
    this.#options = options;
  }

  /** Holds what was held when the agent before this one ended. */
  resume(): void {
    const { agent, file, log } = this.#options;
    const record = file.read();
    if (record.type === 'broken') {
      log.warn(
        { path: file.path, reason: record.reason },
        `${file.path} is ignored (${record.reason}): no hold is known of; if there was one, order it ` +
          'again with tandem hold',
      );
      return;
    }
    if (record.type === 'none') return;
    this.#heldSince = record.since;
    agent.hold(true, 'restart');
  }

  /** For the control server. */
  orders(): Orders {
    return {
      '/handover': (query) => this.#handover(query),
      '/hold': (query) => this.#hold(query),
    };
  }

  /** As of now. */
  report(hold: AgentStatus['hold']): HoldReport {
    const since = this.#heldSince;
    const forMs = since === null ? null : Math.max(0, this.#options.wallTime() - since);
    return { ...hold, forMs: hold.own ? forMs : null };
  }

  async #handover(query: URLSearchParams): Promise<Reply> {
    const { agent, log } = this.#options;
    const routers = this.#named(query);
    if (typeof routers === 'string') return json({ error: routers }, 400);
    if (this.#handingOver) {
      return json({ error: 'a handover is being agreed on at this moment: try again' }, 409);
    }
    this.#handingOver = true;
    try {
      log.info({ routers }, `an operator hands over ${routers?.join(', ') ?? 'all that is held'}`);
      return json({ results: await agent.handover(routers) });
    } finally {
      this.#handingOver = false;
    }
  }

  /** The routers of the query; null: all. A text says what is wrong with it. */
  #named(query: URLSearchParams): readonly string[] | null | string {
    if (!onlyHas(query, 'routers')) return 'allowed: routers=NAME,NAME';
    const given = query.get('routers');
    if (given === null) return null;
    const known = this.#options.agent.status().routers.map(({ name }) => name);
    const names = [...new Set(given.split(','))];
    const unknown = names.filter((name) => !known.includes(name));
    if (unknown.length === 0) return names;
    return `no virtual router ${unknown[0]}; there is: ${known.join(', ')}`;
  }

  #hold(query: URLSearchParams): Reply {
    const { agent, file, log, wallTime } = this.#options;
    const on = query.get('on');
    if (!onlyHas(query, 'on') || (on !== '1' && on !== '0')) {
      return json({ error: 'needed: on=1 or on=0' }, 400);
    }
    const before = agent.status();
    const yielded = before.routers.flatMap((router) => (router.yielded ? [router.name] : []));
    if (on === '1') this.#heldSince ??= wallTime();
    else this.#heldSince = null;
    const unkept = this.#heldSince === null ? file.clear() : file.write(this.#heldSince);
    if (unkept !== null) {
      log.warn({ path: file.path, reason: unkept }, `${file.path}: ${unkept}`);
    }
    agent.hold(on === '1', 'operator');
    const hold = this.report(agent.status().hold);
    return json({ hold, released: on === '0' ? yielded : [], unkept });
  }
}

function onlyHas(query: URLSearchParams, name: string): boolean {
  const names = [...query.keys()];
  return names.length === 0 || (names.length === 1 && names[0] === name);
}
