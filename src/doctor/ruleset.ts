/**
 * What a host's packet filter does with a packet that is only thought of. The rules are those of
 * `nft -j list ruleset` (libnftables-json(5)), which has iptables's in it where that is built on nftables.
 * Pure. What a rule asks that is not known of the packet, or that this file does not read, is `maybe`, and
 * both ways are followed.
 */
import { type Answer, type Json, type Probe, RuleMatcher } from './rule-match.ts';

/** What may become of a packet; `by`: who would drop it, for an operator. */
export interface Fate {
  readonly passes: 'yes' | 'no' | 'maybe';
  readonly by: string | null;
}

type Hook = 'ingress' | 'prerouting' | 'input' | 'output' | 'postrouting';

const HOOKS: Readonly<Record<'in' | 'out', readonly Hook[]>> = {
  in: ['ingress', 'prerouting', 'input'],
  out: ['output', 'postrouting'],
};
/** Chains that call each other in a ring are refused by the kernel; this bounds a mistake of ours. */
const DEPTH_MAX = 32;
/** Our own tables drop what the lease forbids, and nothing else. */
const OWN_TABLE = /^tandem_/;

interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook?: Hook;
  readonly policy?: string;
  readonly dev?: string | readonly string[];
}

interface Rule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly expr: readonly Json[];
}

/** Which ends a packet may come to in a chain, and whether it may leave the chain at its end. */
interface Walk {
  readonly ends: Set<'accept' | 'drop'>;
  falls: boolean;
  /** The first rule that drops. */
  dropper: string | null;
}

/** The filter rules of a host. */
export class Ruleset {
  readonly #chains: readonly Chain[];
  readonly #rules: ReadonlyMap<string, readonly Rule[]>;
  readonly #matcher: RuleMatcher;

  /** `listed`: the value that nft prints. Throws TypeError when it is something else. */
  constructor(listed: unknown) {
    const entries = (listed as { readonly nftables: readonly Json[] }).nftables;
    const all = <T>(kind: string) =>
      entries.flatMap((entry) => (kind in entry ? [entry[kind] as T] : []));
    this.#chains = all<Chain>('chain').filter(({ table }) => !OWN_TABLE.test(table));
    this.#rules = Map.groupBy(all<Rule>('rule'), ({ family, table, chain }) =>
      key(family, table, chain),
    );
    this.#matcher = new RuleMatcher([...all<Json>('set'), ...all<Json>('map')]);
  }

  /** True: nothing is filtered. */
  get isEmpty(): boolean {
    return !this.#chains.some(({ hook }) => hook !== undefined);
  }

  /** What becomes of it on its way to a process of this host, or from one. */
  fate(probe: Probe, direction: 'in' | 'out'): Fate {
    let maybe: string | null = null;
    for (const chain of this.#chains) {
      if (!concerns(chain, probe, HOOKS[direction])) continue;
      const walk = this.#walk(chain, probe, 0);
      const where = `table ${chain.family} ${chain.table}, chain ${chain.name}`;
      if (walk.falls) {
        walk.ends.add(chain.policy === 'drop' ? 'drop' : 'accept');
        if (chain.policy === 'drop') walk.dropper ??= `${where}, policy drop`;
      }
      if (!walk.ends.has('drop')) continue;
      if (walk.ends.size === 1) return { passes: 'no', by: walk.dropper };
      maybe ??= walk.dropper;
    }
    return maybe === null ? { passes: 'yes', by: null } : { passes: 'maybe', by: maybe };
  }

  #walk(chain: Pick<Chain, 'family' | 'table' | 'name'>, probe: Probe, depth: number): Walk {
    const walk: Walk = { ends: new Set(), falls: true, dropper: null };
    if (depth > DEPTH_MAX) return walk;
    let mayReturn = false;
    for (const rule of this.#rules.get(key(chain.family, chain.table, chain.name)) ?? []) {
      const went = this.#apply(rule, probe, walk, depth);
      if (went === 'ended') return { ...walk, falls: mayReturn };
      if (went === 'returned') return walk;
      mayReturn ||= went === 'may return';
    }
    return walk;
  }

  /** One rule; `ended`: no packet gets past it. */
  #apply(rule: Rule, probe: Probe, walk: Walk, depth: number) {
    let sure: Answer = 'yes';
    for (const statement of rule.expr) {
      const answer = this.#matcher.matches(statement, probe);
      if (answer === 'no') return 'went on';
      if (answer === 'maybe') sure = 'maybe';
      for (const { verdict, sure: chosen } of this.#matcher.verdicts(statement, probe)) {
        const certain = sure === 'yes' && chosen;
        const went = this.#follow(verdict, rule, probe, walk, depth);
        if (certain) return went;
        if (went === 'returned') return 'may return';
      }
    }
    return 'went on';
  }

  #follow(verdict: Json, rule: Rule, probe: Probe, walk: Walk, depth: number) {
    if ('accept' in verdict) walk.ends.add('accept');
    if ('drop' in verdict || 'reject' in verdict) {
      walk.ends.add('drop');
      walk.dropper ??= `table ${rule.family} ${rule.table}, chain ${rule.chain}`;
    }
    if ('return' in verdict) return 'returned';
    const target = (verdict.jump ?? verdict.goto) as { readonly target: string } | undefined;
    if (target === undefined) return 'continue' in verdict ? 'went on' : 'ended';
    const inner = this.#walk({ ...rule, name: target.target }, probe, depth + 1);
    for (const end of inner.ends) walk.ends.add(end);
    walk.dropper ??= inner.dropper;
    if (!inner.falls) return 'ended';
    return 'goto' in verdict ? 'returned' : 'went on';
  }
}

function key(family: string, table: string, chain: string): string {
  return `${family} ${table} ${chain}`;
}

function concerns({ family, hook, dev }: Chain, probe: Probe, hooks: readonly Hook[]): boolean {
  if (hook === undefined || !hooks.includes(hook)) return false;
  if (dev !== undefined) {
    const devices = typeof dev === 'string' ? [dev] : dev;
    return probe.iif !== null && devices.includes(probe.iif);
  }
  return ['inet', probe.family === 4 ? 'ip' : 'ip6'].includes(family);
}
