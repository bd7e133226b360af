/** An upstream with rules about failures, as some workers see it, and a clock to match. */
import type { EjectionConfig, ServerConfig } from '../../src/config/proxy-config.ts';
import { WorkerCells } from '../shared/worker-cells.ts';
import { ServerRegistry } from '../upstream/registry.ts';
import { stateOf, upstreamOf } from '../upstream/upstream.fixture.ts';
import { Upstream } from '../upstream/upstream.ts';

/** Three failures in a row; out for 30 s, 60 s, ... */
export const OUTLIER: EjectionConfig = {
  failuresMax: 3,
  windowMs: 0,
  rate: { percent: 50, requestsMin: 20 },
  intervalMs: 10_000,
  baseMs: 30_000,
  maxMs: 90_000,
  ejectedPercentMax: 50,
  trials: 1,
  statuses: [[500, 599]],
};

/** One failure within 10 s, as nginx does by default. */
export const PASSIVE: EjectionConfig = {
  ...OUTLIER,
  failuresMax: 1,
  windowMs: 10_000,
  rate: null,
  baseMs: 10_000,
  maxMs: 10_000,
  ejectedPercentMax: 100,
  statuses: [],
};

/** That upstream, without health check, on `workers` workers, and the main thread's registry. */
export function ejectingUpstream(
  servers: readonly ServerConfig[],
  part: Partial<Parameters<typeof upstreamOf>[1]> = {},
  workers = 2,
) {
  const state = stateOf(workers);
  const registry = new ServerRegistry(state);
  const config = upstreamOf(servers, { healthCheck: null, ejection: OUTLIER, ...part });
  const slots = registry.assign([config]);
  const upstreams = Array.from(
    { length: workers },
    (_, index) => new Upstream(config, new WorkerCells(state, index), slots),
  );
  return { state, registry, config, upstreams, slots };
}
