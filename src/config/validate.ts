import type { EffectiveConfig } from './effective.ts';
import type { Finding } from './schema-problems.ts';

/** Rules over the whole file. */
export function validate(_config: EffectiveConfig): readonly Finding[] {
  return [];
}
