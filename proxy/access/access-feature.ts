/** Who may use a route, by network (docs/ROUTING.md). */
import type { AccessList } from '../../src/config/access-config.ts';
import type { FeatureRequest, RequestFeature, RouteFeature } from '../features/feature.ts';
import { type NetworkMap, networkSet } from './network-map.ts';

interface Rule {
  readonly allow: boolean;
  /** Null: everybody. */
  readonly networks: NetworkMap<true> | null;
}

/** One list, ready to be asked. */
export class AccessRules {
  readonly #rules: readonly Rule[];

  constructor(list: AccessList) {
    this.#rules = merged(list).map(({ allow, networks }) => ({
      allow,
      networks: networks.length === 0 ? null : networkSet(networks),
    }));
  }

  /** May a client with this address pass? The first rule that it is in counts. */
  admits(address: string): boolean {
    for (const { allow, networks } of this.#rules) {
      if (networks === null || networks.find(address) !== null) return allow;
    }
    return true;
  }
}

/** Of rules in a row with one verdict their order does not matter: one search does for all. */
function merged(list: AccessList): AccessList {
  const rules: AccessList[number][] = [];
  for (const rule of list) {
    const last = rules.at(-1);
    if (last?.allow === rule.allow && last.networks.length > 0 && rule.networks.length > 0) {
      rules[rules.length - 1] = { ...rule, networks: [...last.networks, ...rule.networks] };
    } else rules.push(rule);
  }
  return rules;
}

const DENIED: RequestFeature = {
  request(request) {
    request.fail('access_denied');
    return 'answered';
  },
};

/** Answers 403 to clients that one of the lists does not let pass. */
export class AccessFeature implements RouteFeature {
  readonly name = 'access';
  readonly #lists: readonly AccessRules[];

  constructor(lists: readonly AccessList[]) {
    this.#lists = lists.map((list) => new AccessRules(list));
  }

  begin({ client }: FeatureRequest): RequestFeature | null {
    for (const list of this.#lists) {
      if (!list.admits(client.address)) return DENIED;
    }
    return null;
  }
}
