/** What a cross-field rule is given and how it speaks. */
import type { EffectiveConfig } from '../effective.ts';
import type { ConfigPath, Finding } from '../problem.ts';

/**
 * The config, and the names the file declares. When some entries are broken they are missing in
 * `config` but their names are declared, so that a reference to them is not a second problem.
 */
export interface RuleInput {
  readonly config: EffectiveConfig;
  readonly declared: DeclaredNames;
}

/** Names by section, broken entries included. */
export interface DeclaredNames {
  readonly nodes: readonly string[];
  readonly upstreams: readonly string[];
  readonly health_scripts: readonly string[];
  readonly rate_limits: readonly string[];
  readonly concurrency_limits: readonly string[];
  readonly caches: readonly string[];
}

/** Looks at the whole config and lists what is wrong; pure. */
export type Rule = (input: RuleInput) => readonly Finding[];

/** A mistake: the config is refused. */
export function error(path: ConfigPath, message: string, part: 'key' | 'value' = 'value'): Finding {
  return { severity: 'error', path, part, message };
}

/** Allowed, but hardly what was meant. */
export function warning(
  path: ConfigPath,
  message: string,
  part: 'key' | 'value' = 'value',
): Finding {
  return { severity: 'warning', path, part, message };
}
