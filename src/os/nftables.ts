/**
 * nftables through libnftables, the library inside `nft`. Loaded when the first ruleset is run;
 * a host without it gets a NativeLibraryError then, and not before.
 */
import { openLibrary } from './native.ts';

const SONAME = 'libnftables.so.1';
/** NFT_CTX_OUTPUT_STATELESS and NFT_CTX_OUTPUT_TERSE. */
const AS_MADE = (1 << 2) | (1 << 11);
/** NFT_CTX_OUTPUT_JSON. */
const AS_JSON = 1 << 4;
const ADVICE = 'install it (Debian: apt-get install libnftables1)';

type Context = unknown;

interface Library {
  nft_ctx_new(flags: number): Context;
  nft_ctx_free(context: Context): void;
  nft_ctx_buffer_output(context: Context): number;
  nft_ctx_buffer_error(context: Context): number;
  nft_ctx_output_set_flags(context: Context, flags: number): void;
  nft_ctx_set_dry_run(context: Context, dry: boolean): void;
  nft_ctx_get_output_buffer(context: Context): string | null;
  nft_ctx_get_error_buffer(context: Context): string | null;
  nft_run_cmd_from_buffer(context: Context, commands: string): number;
}

const PROTOTYPES: Record<keyof Library, string> = {
  nft_ctx_new: 'void *nft_ctx_new(uint32_t flags)',
  nft_ctx_free: 'void nft_ctx_free(void *context)',
  nft_ctx_buffer_output: 'int nft_ctx_buffer_output(void *context)',
  nft_ctx_buffer_error: 'int nft_ctx_buffer_error(void *context)',
  nft_ctx_output_set_flags:
    'void nft_ctx_output_set_flags(void *context, unsigned int output_flags)',
  nft_ctx_set_dry_run: 'void nft_ctx_set_dry_run(void *context, bool dry)',
  nft_ctx_get_output_buffer: 'const char *nft_ctx_get_output_buffer(void *context)',
  nft_ctx_get_error_buffer: 'const char *nft_ctx_get_error_buffer(void *context)',
  nft_run_cmd_from_buffer: 'int nft_run_cmd_from_buffer(void *context, const char *commands)',
};

let bound: Library | undefined;

function library(): Library {
  if (bound === undefined) {
    const handle = openLibrary(SONAME, ADVICE);
    const functions = Object.entries(PROTOTYPES).map(([name, prototype]) => [
      name,
      handle.func(prototype),
    ]);
    bound = Object.fromEntries(functions) as Library;
  }
  return bound;
}

/** Why libnftables cannot be had on this host, and how to get it; null when it can. */
export function nftablesMissing(): string | null {
  try {
    library();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Commands that nftables refused: a syntax error, a missing table, a missing right. */
export class NftablesError extends Error {
  override readonly name = 'NftablesError';
  /** What was asked for. */
  readonly commands: string;

  constructor(message: string, commands: string) {
    super(`nftables: ${message.trim()}`);
    this.commands = commands;
  }
}

/** A connection to nftables in the network namespace of the thread that opens it. */
export class Nftables {
  #context: Context;

  /** Throws NativeLibraryError when libnftables is missing. */
  constructor() {
    const context = library().nft_ctx_new(0);
    if (context === null) {
      throw new NftablesError('no context (out of memory or descriptors)', '');
    }
    library().nft_ctx_buffer_output(context);
    library().nft_ctx_buffer_error(context);
    this.#context = context;
  }

  /** From now on commands are looked at, by nftables and by the kernel, and not done. */
  dryRun(): void {
    library().nft_ctx_set_dry_run(this.#context, true);
  }

  /**
   * Runs commands in the language of `nft -f`, as one transaction: all or nothing. Returns what
   * they print. Throws NftablesError with nftables's own words.
   */
  run(commands: string): string {
    if (this.#context === null) {
      throw new NftablesError('closed', commands);
    }
    const status = library().nft_run_cmd_from_buffer(this.#context, commands);
    const output = library().nft_ctx_get_output_buffer(this.#context) ?? '';
    const error = library().nft_ctx_get_error_buffer(this.#context) ?? '';
    if (status !== 0) {
      throw new NftablesError(error === '' ? `status ${status}` : error, commands);
    }
    return output;
  }

  /**
   * One table (`netdev filter`) as nft lists it, without what changes by itself: elements of its sets
   * and the values of its counters. Null when there is none, or it cannot be listed.
   */
  asMade(table: string): string | null {
    if (this.#context === null) return null;
    try {
      library().nft_ctx_output_set_flags(this.#context, AS_MADE);
      return this.run(`list table ${table}\n`);
    } catch {
      return null;
    } finally {
      library().nft_ctx_output_set_flags(this.#context, 0);
    }
  }

  /** All rules of this network namespace, as libnftables-json(5) has them. Throws NftablesError. */
  rulesetAsJson(): string {
    if (this.#context === null) throw new NftablesError('closed', '');
    try {
      library().nft_ctx_output_set_flags(this.#context, AS_JSON);
      return this.run('list ruleset\n');
    } finally {
      library().nft_ctx_output_set_flags(this.#context, 0);
    }
  }

  /** A second call does nothing. */
  close(): void {
    if (this.#context !== null) {
      library().nft_ctx_free(this.#context);
      this.#context = null;
    }
  }
}

/**
 * Lets nftables and the kernel look at commands without doing them. Throws as {@link Nftables.run} would. What
 * is loaded for it (of the library, of the kernel's modules) is there for the first real commands, which
 * take a quarter as long then. On a context of its own: what one has seen in a dry run it takes for
 * real later (libnftables before 1.0.9).
 */
export function rehearse(commands: string): void {
  const nftables = new Nftables();
  try {
    nftables.dryRun();
    nftables.run(commands);
  } finally {
    nftables.close();
  }
}
