/** The answers of CORS (Fetch standard, 3.2): which origin, method and field is allowed. Pure. */
import type { CorsConfig } from '../../src/config/rewriting-config.ts';

/** A field and its value. */
export type CorsField = readonly [name: string, value: string];

/** What a site's page asks before it asks. */
export interface Preflight {
  readonly origin: string;
  readonly method: string;
  /** As it came; '' for none. */
  readonly headers: string;
}

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;
/** Names that one preflight may ask for. */
const NAMES_MAX = 64;

/** One route's rules. */
export class CorsRules {
  readonly #config: CorsConfig;
  readonly #exact: ReadonlySet<string>;
  readonly #below: readonly { readonly scheme: string; readonly suffix: string }[];
  readonly #any: boolean;

  constructor(config: CorsConfig) {
    this.#config = config;
    this.#any = config.origins.includes('*');
    this.#exact = new Set(config.origins);
    this.#below = config.origins.flatMap((origin) => {
      const [scheme = '', host = ''] = origin.split('://');
      return host.startsWith('*.') ? [{ scheme: `${scheme}://`, suffix: host.slice(1) }] : [];
    });
  }

  /** Does what is answered depend on the origin? */
  get varies(): boolean {
    return !this.#any;
  }

  /** What a page of that origin may know of a response; empty: nothing. */
  fieldsFor(origin: string | null): readonly CorsField[] {
    if (origin === null || !this.#allows(origin)) return [];
    const { expose } = this.#config;
    const fields = this.#allowed(origin);
    if (expose.length > 0) fields.push(['Access-Control-Expose-Headers', expose.join(', ')]);
    return fields;
  }

  /** The answer to a preflight; empty: no. */
  preflight({ origin, headers }: Preflight): readonly CorsField[] {
    if (!this.#allows(origin)) return [];
    const { methods, maxAgeSeconds } = this.#config;
    const names = this.#names(headers);
    const fields = this.#allowed(origin);
    fields.push(['Access-Control-Allow-Methods', methods.join(', ')]);
    if (names !== '') fields.push(['Access-Control-Allow-Headers', names]);
    fields.push(['Access-Control-Max-Age', `${maxAgeSeconds}`]);
    return fields;
  }

  #allowed(origin: string): CorsField[] {
    const fields: CorsField[] = [['Access-Control-Allow-Origin', this.#any ? '*' : origin]];
    if (this.#config.credentials) fields.push(['Access-Control-Allow-Credentials', 'true']);
    return fields;
  }

  #allows(origin: string): boolean {
    if (this.#any || this.#exact.has(origin)) return true;
    return this.#below.some(({ scheme, suffix }) => {
      if (!origin.startsWith(scheme) || !origin.endsWith(suffix)) return false;
      const name = origin.slice(scheme.length, -suffix.length);
      return /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name);
    });
  }

  /** `*` is not what browsers take it for with credentials, so what is asked for is said back. */
  #names(asked: string): string {
    const { headers } = this.#config;
    if (!headers.includes('*')) return headers.join(', ');
    const names = asked.split(',').map((name) => name.trim());
    return names
      .filter((name) => NAME.test(name))
      .slice(0, NAMES_MAX)
      .join(', ');
  }
}
