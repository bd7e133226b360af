/** The config: the one place the rest of the program imports it from. */
import { availableParallelism } from 'node:os';
import { checkFile } from './check.ts';
import { type CompiledConfig, compileConfig } from './compile.ts';
import { type IdentitySources, identify } from './identity.ts';
import { type HeldPages, readPages } from './page-files.ts';
import type { Finding, Problem } from './problem.ts';
import { readSecrets, type SecretUser, withoutSecrets } from './secrets.ts';

export { whyNoHandover } from './agreed-handover.ts';
export { asList } from './as-list.ts';
export { type CheckedFile, checkFile } from './check.ts';
export { type CompiledConfig, compileConfig } from './compile.ts';
export { tlsPartsOf } from './compile-tls.ts';

export type { EffectiveConfig } from './effective.ts';
export { type Endpoint, formatEndpoint } from './endpoints.ts';
export { type Identity, type IdentitySources, identify } from './identity.ts';
export { configJsonSchema } from './json-schema.ts';
export { leadsOf } from './listener-routes.ts';
export { readPages } from './page-files.ts';
export { configValue, printConfig } from './print.ts';
export { type Finding, formatProblem, orderProblems, type Problem } from './problem.ts';
export { readSecrets } from './secrets.ts';
export { formatDuration, parseDuration } from './units.ts';

/** What loading needs to know of the host. */
export interface LoadOptions extends IdentitySources {
  /** Cores for `proxy.workers: auto`; default: those this process may use. */
  readonly cores?: number;
  /** The balancer will run with it, so its own secrets are read; default: false. */
  readonly balancer?: boolean;
  /** The agent's secrets are not read: what is loaded is used without them; default: false. */
  readonly secretless?: boolean;
}

/** `problems` are warnings only when `ok`, and at least one error otherwise. */
export type LoadResult =
  | {
      readonly ok: true;
      readonly config: CompiledConfig;
      /** The file as it was read. */
      readonly bytes: Uint8Array;
      readonly problems: readonly Problem[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** For who answers no requests. */
const NO_PAGES: { readonly held: HeldPages; readonly findings: readonly Finding[] } = {
  held: new Map(),
  findings: [],
};

/** Reads, checks and compiles a config file for this host. Never throws on a bad file. */
export function loadConfig(path: string, options: LoadOptions): LoadResult {
  const checked = checkFile(path);
  const { config, digest, problems } = checked;
  if (config === null) return { ok: false, problems };
  const cores = options.cores ?? availableParallelism();
  // Only addresses tell the nodes apart: a plain balancer is the same everywhere.
  const plain = Object.keys(config.virtual_routers).length === 0;
  const identity = plain
    ? ({ ok: true, node: null } as const)
    : identify(Object.keys(config.nodes), options);
  if (!identity.ok) {
    const { message } = identity;
    const problem = checked.problemAt({ severity: 'error', path: ['nodes'], part: 'key', message });
    return { ok: false, problems: [...problems, problem] };
  }
  const { node } = identity;
  const users: SecretUser[] = options.secretless || plain ? [] : ['agent'];
  if (options.balancer) users.push('balancer');
  const { held, findings } = readSecrets(config, process.env, 'error', users);
  const pages = options.balancer ? readPages(config, 'error') : NO_PAGES;
  const found = [...findings, ...pages.findings];
  const all = [...problems, ...found.map(checked.problemAt)];
  if (found.some(({ severity }) => severity === 'error')) return { ok: false, problems: all };
  const used = options.secretless ? withoutSecrets(config) : config;
  const ticketSecret = config.pair && held.get(config.pair.secret);
  const context = {
    node,
    digest,
    cores,
    secrets: held,
    pages: pages.held,
    ...(ticketSecret && { ticketSecret }),
  };
  const compiled = compileConfig(used, context);
  return { ok: true, config: compiled, bytes: checked.bytes, problems: all };
}
