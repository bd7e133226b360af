/**
 * The config language: one strict zod schema put together from its sections. Reading gives units
 * the program computes with; `z.encode` writes the operator's spelling back.
 */
import { z } from 'zod';
import { adminSchema } from './admin.ts';
import { cachesSchema } from './caches.ts';
import { concurrencyLimitsSchema } from './concurrency-limits.ts';
import { healthScriptsSchema } from './health-scripts.ts';
import { listenersSchema } from './listeners.ts';
import { nodesSchema } from './nodes.ts';
import { pairSchema } from './pair.ts';
import { logSchema, proxySchema } from './process.ts';
import { rateLimitsSchema } from './rate-limits.ts';
import { resolverSchema } from './resolver.ts';
import { upstreamsSchema } from './upstreams.ts';
import { virtualRoutersSchema } from './virtual-routers.ts';

/** A whole config file. */
export const configSchema = z.strictObject({
  nodes: nodesSchema,
  pair: pairSchema,
  virtual_routers: virtualRoutersSchema,
  health_scripts: healthScriptsSchema,
  upstreams: upstreamsSchema,
  resolver: resolverSchema,
  rate_limits: rateLimitsSchema,
  concurrency_limits: concurrencyLimitsSchema,
  caches: cachesSchema,
  listeners: listenersSchema,
  admin: adminSchema,
  log: logSchema,
  proxy: proxySchema,
});

/** The file as read: static defaults applied, units resolved, both nodes still in it. */
export type ConfigFile = z.output<typeof configSchema>;

export type NodeEntry = NonNullable<ConfigFile['nodes']>[string];
export type VirtualRouterEntry = NonNullable<ConfigFile['virtual_routers']>[string];
export type HealthScriptEntry = NonNullable<ConfigFile['health_scripts']>[string];
export type UpstreamEntry = NonNullable<ConfigFile['upstreams']>[string];
export type ListenerEntry = NonNullable<ConfigFile['listeners']>[string];
export type RateLimitEntry = NonNullable<ConfigFile['rate_limits']>[string];
export type ConcurrencyLimitEntry = NonNullable<ConfigFile['concurrency_limits']>[string];
