/** Who may pass, as the balancer asks. */
import type { AccessList, AccessRule } from './access-config.ts';
import { asList } from './as-list.ts';
import type { NetworkConfig } from './proxy-config.ts';

/** What listeners and routes have of it. */
export interface AccessEntry {
  readonly allow?: NetworkConfig | readonly NetworkConfig[] | undefined;
  readonly deny?: NetworkConfig | readonly NetworkConfig[] | undefined;
  readonly access?:
    | readonly { readonly verdict: 'allow' | 'deny'; readonly network: NetworkConfig | null }[]
    | undefined;
}

/** The lists that all have to let a client pass; undefined: everybody may. */
export function compileAccess(
  ...entries: readonly AccessEntry[]
): readonly AccessList[] | undefined {
  const lists = entries.map(compileList).filter((list) => list.length > 0);
  return lists.length === 0 ? undefined : lists;
}

function compileList({ allow, deny, access = [] }: AccessEntry): AccessList {
  const list: AccessRule[] = access.map(({ verdict, network }) => ({
    allow: verdict === 'allow',
    networks: network === null ? [] : [network],
  }));
  if (deny !== undefined) list.push({ allow: false, networks: asList(deny) });
  if (allow === undefined) return list;
  return [...list, { allow: true, networks: asList(allow) }, { allow: false, networks: [] }];
}
