import type { ConfigReport } from '../control/config-report.ts';
import type { Exposition } from './exposition.ts';

/**
 * Adds which config a half runs with. Each half has names of its own: what both say goes to Prometheus as
 * one text, in which a name must not come twice.
 */
export function addConfig(
  out: Exposition,
  half: 'tandem_proxy' | 'tandem_agent',
  config: ConfigReport,
): void {
  const applied = 'When the config was applied that this half follows, seconds since 1970.';
  const at = Date.parse(config.appliedAt) / 1000;
  out.gauge(`${half}_config_applied_timestamp_seconds`, applied, {}, at);
  const generation = 'Configs that this half has followed since its start.';
  out.gauge(`${half}_config_generation`, generation, {}, config.generation);
  const which = 'Always 1; `config` is the beginning of its SHA-256.';
  out.gauge(`${half}_config_info`, which, { config: config.digest.slice(0, 12) }, 1);
}
