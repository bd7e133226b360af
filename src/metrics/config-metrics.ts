import type { ConfigReport } from '../control/config-report.ts';
import type { Exposition } from './exposition.ts';

/** Adds which config a half runs with. */
export function addConfig(out: Exposition, half: string, config: ConfigReport): void {
  const applied = 'When the config was applied that this half follows, seconds since 1970.';
  const at = Date.parse(config.appliedAt) / 1000;
  out.gauge('tandem_config_applied_timestamp_seconds', applied, { half }, at);
  const generation = 'Configs that this half has followed since its start.';
  out.gauge('tandem_config_generation', generation, { half }, config.generation);
  const which = 'Always 1; `config` is the beginning of its SHA-256.';
  out.gauge('tandem_config_info', which, { half, config: config.digest.slice(0, 12) }, 1);
}
