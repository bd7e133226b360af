/** Which of the file's nodes this host is. */
import { didYouMean } from './suggest.ts';

/** Where a node's name may come from, first one wins. */
export interface IdentitySources {
  /** `--node`. */
  readonly node?: string | undefined;
  /** The environment; `TANDEM_NODE` is looked at. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostname: string;
}

/**
 * The node's name, or why there is none. `given` tells a wrong answer (`--node`, `TANDEM_NODE`)
 * from a host that is just not one of the pair.
 */
export type Identity =
  | { readonly ok: true; readonly node: string }
  | { readonly ok: false; readonly given: boolean; readonly message: string };

/** Chooses among `names`. A host name matches in full or by its first label. */
export function identify(names: readonly string[], sources: IdentitySources): Identity {
  const choices = `allowed: ${names.join(' or ')}`;
  const named =
    sources.node !== undefined
      ? { origin: '--node', name: sources.node }
      : sources.env.TANDEM_NODE
        ? { origin: 'TANDEM_NODE', name: sources.env.TANDEM_NODE }
        : null;
  if (named !== null) {
    if (names.includes(named.name)) return { ok: true, node: named.name };
    const guess = didYouMean(named.name, names);
    const found = `${named.origin} says ${JSON.stringify(named.name)}${guess}`;
    return { ok: false, given: true, message: `${found}; ${choices}` };
  }
  const short = sources.hostname.split('.')[0] ?? '';
  const node =
    names.find((name) => name === sources.hostname) ?? names.find((name) => name === short);
  if (node !== undefined) return { ok: true, node };
  const message =
    `this host, ${JSON.stringify(sources.hostname)}, is none of the nodes; say which it ` +
    `is with --node or TANDEM_NODE; ${choices}`;
  return { ok: false, given: false, message };
}
