/**
 * One reload of a node, both halves or neither:
 *
 *     agent.prepare ─► balancer.prepare ─► same digest, nobody refuses? ─► balancer.apply ─► agent.apply
 *                                               │ no                          │ refused
 *                                               └────► abandon what is prepared ◄┘
 *
 * Whoever prepares the agent first has the reload: another one is refused there, before it has touched the
 * balancer. The balancer applies first, because it can still refuse; the agent follows. An agent that hears
 * no more of the reload looks what the balancer has done (reload-desk.ts), so that a coordinator which is
 * killed between the two leaves no node with one half new and the other old.
 */
import type { ApplyAnswer, HalfName, Offer, PlanLine, ReloadHalf } from './reload-half.ts';

/** What a half would do, or has done. */
export interface HalfPlan {
  readonly half: HalfName;
  readonly lines: readonly PlanLine[];
}

/** What became of a reload. */
export interface ReloadOutcome {
  /**
   * `applied`: every half that runs follows the file. `unchanged`: it does already. `planned`: it would.
   * `refused`: nothing has changed. `busy`: nor has it; another reload is under way. `partly`: a half has
   * followed, of the other that is not known, or it has ended; `warnings` say which. `absent`: nothing runs.
   */
  readonly result: 'applied' | 'unchanged' | 'planned' | 'refused' | 'busy' | 'partly' | 'absent';
  /** Of the file; null: no half has read it. */
  readonly digest: string | null;
  readonly file: string | null;
  readonly plan: readonly HalfPlan[];
  /** Why nothing was done; lines for an operator. */
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
}

/** How a reload is meant. */
export interface ReloadRequest {
  /** Names this reload; random. */
  readonly token: string;
  /** Only say what would be done. */
  readonly dryRun?: boolean;
  /** Says why these offers are not what was asked for; null: they are. */
  readonly judge?: (offer: Offer) => string | null;
}

interface Prepared {
  readonly half: ReloadHalf;
  readonly offer: Offer;
}

/** Does it. Never rejects. `halves`: the agent before the balancer. */
export async function coordinateReload(
  halves: readonly ReloadHalf[],
  request: ReloadRequest,
): Promise<ReloadOutcome> {
  const round = new Round(request);
  await round.prepare(halves);
  return round.conclude();
}

class Round {
  readonly #request: ReloadRequest;
  readonly #prepared: Prepared[] = [];
  readonly #absent: { readonly name: HalfName; readonly why: string }[] = [];
  readonly #reasons: string[] = [];
  readonly #warnings: string[] = [];
  #busy = false;
  /** A half died, or another could not follow it. */
  #ended = false;

  constructor(request: ReloadRequest) {
    this.#request = request;
  }

  async prepare(halves: readonly ReloadHalf[]): Promise<void> {
    const { token } = this.#request;
    for (const half of halves) {
      const answer = await half.prepare(token);
      switch (answer.type) {
        case 'prepared':
          this.#prepared.push({ half, offer: answer.offer });
          break;
        case 'refused':
          this.#reasons.push(...answer.reasons);
          break;
        case 'busy':
          this.#reasons.push(`${half.name}: ${answer.reason}`);
          this.#busy = true;
          return;
        case 'absent':
          this.#absent.push({ name: half.name, why: answer.why });
          break;
        case 'silent':
          // It may be building it now, and must not keep it.
          await half.abandon(token);
          this.#reasons.push(`${half.name}: ${answer.why}`);
          return;
      }
    }
    this.#judge();
  }

  #judge(): void {
    const offers = this.#prepared.map(({ offer }) => offer);
    const [first] = offers;
    if (first === undefined) return;
    const digests = new Set(offers.map(({ digest }) => digest));
    const files = new Set(offers.map(({ file }) => file));
    if (files.size > 1) {
      this.#reasons.push(
        `the two halves were started with different files: ${[...files].join(', ')}`,
      );
    } else if (digests.size > 1) {
      this.#reasons.push(`${first.file} changed while it was read: try again`);
    }
    const objection = this.#request.judge?.(first) ?? null;
    if (objection !== null) this.#reasons.push(objection);
    this.#warnings.push(...offers.flatMap(({ warnings }) => warnings));
    for (const { name, why } of this.#absent) {
      if (!first.wants[name]) continue;
      this.#warnings.push(`${name}: ${why}; it reads the file when it starts`);
    }
  }

  async conclude(): Promise<ReloadOutcome> {
    if (this.#reasons.length > 0) {
      await this.#abandon(this.#prepared);
      return this.#outcome(this.#busy ? 'busy' : 'refused');
    }
    if (this.#prepared.length === 0) {
      this.#reasons.push(...this.#absent.map(({ name, why }) => `${name}: ${why}`));
      return this.#outcome('absent');
    }
    const unchanged = this.#prepared.every(
      ({ offer }) => offer.plan.length === 0 && offer.digest === offer.running,
    );
    if (unchanged || this.#request.dryRun === true) {
      await this.#abandon(this.#prepared);
      return this.#outcome(unchanged ? 'unchanged' : 'planned');
    }
    return this.#apply();
  }

  async #apply(): Promise<ReloadOutcome> {
    const agent = this.#prepared.find(({ half }) => half.name === 'agent');
    const balancer = this.#prepared.find(({ half }) => half.name === 'balancer');
    if (balancer !== undefined) {
      const first = await this.#applyTo(balancer.half);
      if (first.type === 'refused') {
        this.#reasons.push(...first.reasons.map((reason) => `balancer: ${reason}`));
        await this.#abandon(agent === undefined ? [] : [agent]);
        return this.#outcome('refused');
      }
      if (first.type === 'silent') {
        this.#warnings.push(
          `balancer: ${first.why}; whether it follows the file is not known` +
            (agent === undefined ? '' : '; the agent looks itself, and does as the balancer does'),
        );
        return this.#outcome('partly');
      }
      if (first.type === 'absent') this.#sayEnded('balancer', first.why);
    }
    if (agent !== undefined) await this.#follow(agent.half, balancer !== undefined);
    return this.#outcome(this.#reasons.length > 0 ? 'refused' : this.#ended ? 'partly' : 'applied');
  }

  #sayEnded(name: HalfName, why: string): void {
    this.#ended = true;
    this.#warnings.push(
      `${name}: ${why}: it ended while it applied the file, and reads it when it starts again`,
    );
  }

  /** The agent, after the balancer or alone. */
  async #follow(half: ReloadHalf, second: boolean): Promise<void> {
    const answer = await this.#applyTo(half);
    if (answer.type === 'applied') return;
    if (answer.type === 'absent') return this.#sayEnded(half.name, answer.why);
    const why = answer.type === 'refused' ? answer.reasons.join('; ') : answer.why;
    if (!second && answer.type === 'refused') {
      this.#reasons.push(...answer.reasons.map((reason) => `${half.name}: ${reason}`));
      return;
    }
    this.#ended = true;
    this.#warnings.push(
      second
        ? `${half.name}: ${why}; the balancer follows the file, and the ${half.name} may not: see tandem status`
        : `${half.name}: ${why}; whether it follows the file is not known: see tandem status`,
    );
  }

  /** A half that does not answer is asked what it has done. */
  async #applyTo(half: ReloadHalf): Promise<ApplyAnswer> {
    const { token } = this.#request;
    const answer = await half.apply(token);
    if (answer.type !== 'silent') return answer;
    const report = await half.report();
    if ('type' in report) return report.type === 'absent' ? report : answer;
    if (report.applied === token) return { type: 'applied' };
    // Neither there nor done: it was never asked, or has restarted.
    return answer;
  }

  async #abandon(prepared: readonly Prepared[]): Promise<void> {
    await Promise.all(prepared.map(({ half }) => half.abandon(this.#request.token)));
  }

  #outcome(result: ReloadOutcome['result']): ReloadOutcome {
    const [first] = this.#prepared;
    return {
      result,
      digest: first?.offer.digest ?? null,
      file: first?.offer.file ?? null,
      plan: this.#prepared.map(({ half, offer }) => ({ half: half.name, lines: offer.plan })),
      reasons: [...new Set(this.#reasons)],
      warnings: [...new Set(this.#warnings)],
    };
  }
}
