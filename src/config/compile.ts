/** From the effective config to what each half of one node is given. */
import { type AdminConfig, compileAdmin } from './admin-config.ts';
import type { AgentConfig } from './agent-config.ts';
import { compileAgent } from './compile-agent.ts';
import { compileProxy } from './compile-proxy.ts';
import type { EffectiveConfig } from './effective.ts';
import type { HeldPages } from './page-files.ts';
import type { ProxyConfig } from './proxy-config.ts';
import type { logLevels } from './schema/process.ts';
import type { HeldSecrets } from './secrets.ts';

/** Everything one node runs with. */
export interface CompiledConfig {
  /** This node's name; null for a plain balancer. */
  readonly node: string | null;
  /** SHA-256 of the file, hex. */
  readonly digest: string;
  /** Null when the file has no virtual routers. */
  readonly agent: AgentConfig | null;
  /** Null when the file has no listeners. */
  readonly proxy: ProxyConfig | null;
  /** Null: there is no admin listener. */
  readonly admin: AdminConfig | null;
  readonly log: {
    readonly level: (typeof logLevels)[number];
    /** The agent's journal; null: none. */
    readonly journal: { readonly path: string; readonly bytesMax: number } | null;
  };
}

/** What compiling needs besides the file. */
export interface CompileContext {
  /** This node, or null when the file needs none. */
  readonly node: string | null;
  readonly digest: string;
  /** Cores for `workers: auto`. */
  readonly cores: number;
  /** What the file's secrets hold; absent: it has none. */
  readonly secrets?: HeldSecrets;
  /** What the files of pages hold; absent: nothing. */
  readonly pages?: HeldPages;
  /** What the keys of session tickets are made of; absent: nothing that is shared. */
  readonly ticketSecret?: Uint8Array;
}

/** Compiles a config that passed every rule. */
export function compileConfig(config: EffectiveConfig, context: CompileContext): CompiledConfig {
  const { node, digest, secrets = new Map(), pages, ticketSecret } = context;
  return {
    node,
    digest,
    agent: node === null ? null : compileAgent(config, node, digest, secrets),
    proxy: compileProxy(config, digest, context.cores, secrets, ticketSecret, pages),
    admin: config.admin === undefined ? null : compileAdmin(config.admin, secrets),
    log: { level: config.log.level, journal: compileJournal(config.log) },
  };
}

function compileJournal({
  journal,
  journal_size,
}: EffectiveConfig['log']): CompiledConfig['log']['journal'] {
  return journal === undefined ? null : { path: journal, bytesMax: journal_size };
}
