import type { ClientHello } from './client-hello.ts';

/** What a route asks of a client. */
export interface TlsMatch {
  /** Exact names, lower case, or `*.example.com`; empty: any, and none. */
  readonly names: readonly string[];
  /** One of these has to be offered; empty: any, and none. */
  readonly protocols: readonly string[];
}

interface Route<T> {
  readonly protocols: readonly string[];
  readonly target: T;
}

/**
 * The routes of one listener, in the order in which they are asked: exact names, then `*.` patterns
 * (longest first), then routes for any name; within those routes for certain protocols before routes
 * for any, then as written.
 */
export class TlsRouteTable<T> {
  readonly #byName = new Map<string, Route<T>[]>();
  readonly #byPattern: { readonly suffix: string; readonly routes: Route<T>[] }[] = [];
  readonly #anyName: Route<T>[] = [];

  constructor(routes: readonly { readonly match: TlsMatch; readonly target: T }[]) {
    const ordered = [...routes].sort(
      (left, right) =>
        Number(left.match.protocols.length === 0) - Number(right.match.protocols.length === 0),
    );
    for (const { match, target } of ordered) {
      const route = { protocols: match.protocols, target };
      if (match.names.length === 0) this.#anyName.push(route);
      for (const name of match.names) this.#group(name).push(route);
    }
    this.#byPattern.sort((left, right) => right.suffix.length - left.suffix.length);
  }

  /** Where the client is to go; else whether somebody has its name, but none of its protocols. */
  find({ serverName, protocols }: ClientHello): T | 'no_name' | 'no_protocol' {
    let failure: 'no_name' | 'no_protocol' = 'no_name';
    for (const routes of this.#groups(serverName)) {
      for (const route of routes) {
        const wanted = route.protocols;
        if (wanted.length === 0 || wanted.some((one) => protocols.includes(one))) {
          return route.target;
        }
        failure = 'no_protocol';
      }
    }
    return failure;
  }

  *#groups(name: string | null): Generator<readonly Route<T>[]> {
    if (name !== null) {
      const exact = this.#byName.get(name);
      if (exact !== undefined) yield exact;
      for (const { suffix, routes } of this.#byPattern) {
        if (name.length > suffix.length && name.endsWith(suffix)) yield routes;
      }
    }
    yield this.#anyName;
  }

  #group(name: string): Route<T>[] {
    if (!name.startsWith('*.')) {
      const known = this.#byName.get(name);
      if (known !== undefined) return known;
      const routes: Route<T>[] = [];
      this.#byName.set(name, routes);
      return routes;
    }
    const suffix = name.slice(1);
    const known = this.#byPattern.find((pattern) => pattern.suffix === suffix);
    if (known !== undefined) return known.routes;
    const pattern = { suffix, routes: [] };
    this.#byPattern.push(pattern);
    return pattern.routes;
  }
}
