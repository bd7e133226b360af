/**
 * What a route changes of messages and answers itself, as the balancer is given it. Types only;
 * proxy/ may import this file.
 */
import type { NetworkConfig } from './proxy-config.ts';
import type { Template } from './template-config.ts';

/** A field and what it says. */
export interface FieldTemplate {
  /** As written in the file. */
  readonly name: string;
  readonly value: Template;
}

/** Changes of one head: first what is removed, then what is set, then what is added. */
export interface FieldEdits {
  /** Lower case. */
  readonly remove: readonly string[];
  /** In place of whatever there is of the field; one whose value comes out empty is removed. */
  readonly set: readonly FieldTemplate[];
  /** Beside what there is; nothing where the value comes out empty. */
  readonly add: readonly FieldTemplate[];
}

/** A field of the security preset. */
export interface SecurityField {
  readonly name: string;
  readonly value: string;
  /** Only where the client spoke https. */
  readonly secure: boolean;
}

/** What becomes of heads; edits of the listener come before those of the route. */
export interface HeaderRules {
  readonly request: readonly FieldEdits[];
  readonly response: readonly FieldEdits[];
  /** Given where the response has no such field. */
  readonly security: readonly SecurityField[];
}

/** The page that a status is answered with. */
export interface PageConfig {
  readonly body: Uint8Array;
  readonly contentType: string;
}

/** `redirect`. */
export interface RedirectConfig {
  readonly status: 301 | 302 | 303 | 307 | 308;
  readonly to: Template;
}

/** `respond`; `ready`: whether the balancer is ready. */
export type RespondConfig = 'ready' | FixedResponse;

/** Something of our own. */
export interface FixedResponse {
  readonly status: number;
  readonly page: PageConfig | null;
  readonly fields: readonly FieldTemplate[];
}

/** `maintenance`. */
export interface MaintenanceConfig {
  /** While this file is there; null: always. */
  readonly file: string | null;
  readonly page: PageConfig;
  readonly retryAfterSeconds: number;
  /** Clients that pass all the same. */
  readonly allow: readonly NetworkConfig[];
}

/** A regular expression and what comes in place of what it matches. */
export interface PathReplacement {
  readonly pattern: string;
  readonly with: Template;
}

/** `rewrite`; null: left as it is. */
export interface RewriteConfig {
  readonly path: {
    /** A prefix of whole segments that is cut off. */
    readonly strip: string | null;
    readonly replace: PathReplacement | null;
    /** What is put before it. */
    readonly prefix: string | null;
  } | null;
  readonly host: Template | null;
  readonly query: {
    /** Names of arguments that are left out. */
    readonly remove: readonly string[];
    readonly set: readonly FieldTemplate[];
    readonly add: readonly FieldTemplate[];
  } | null;
}

/** A page for some statuses. */
export interface ErrorPageConfig {
  /** Inclusive; a single status comes before a range. */
  readonly from: number;
  readonly to: number;
  readonly page: PageConfig;
  /** Also where a server answers with the status. */
  readonly intercept: boolean;
}

/** `cors`. */
export interface CorsConfig {
  /** Exact origins in lower case, `https://*.example.com`, or `*` alone. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  /** Fields that a request may have; `*`: whatever it asks for. */
  readonly headers: readonly string[];
  /** Fields that a page may read. */
  readonly expose: readonly string[];
  readonly credentials: boolean;
  readonly maxAgeSeconds: number;
}

/** `basic_auth`. */
export interface BasicAuthConfig {
  readonly realm: string;
  /** An htpasswd file. */
  readonly users: string;
  /** The server gets the credentials, too. */
  readonly forward: boolean;
  /** Passwords in clear are taken for such. */
  readonly plain: boolean;
}

/** `forward_auth`. */
export interface ForwardAuthConfig {
  readonly upstream: string;
  /** With the query. */
  readonly path: string;
  /** Fields that the service gets, lower case. */
  readonly requestHeaders: readonly string[];
  /** Fields of its answer that servers get, lower case. */
  readonly responseHeaders: readonly string[];
  readonly timeoutMs: number;
}

/** What a route does beside choosing a server; null: nothing of that kind. */
export interface RewritingConfig {
  readonly headers: HeaderRules | null;
  /** Those of the route before those of its listener. */
  readonly errorPages: readonly ErrorPageConfig[];
  readonly maintenance: MaintenanceConfig | null;
  readonly redirect: RedirectConfig | null;
  readonly respond: RespondConfig | null;
  readonly rewrite: RewriteConfig | null;
  readonly cors: CorsConfig | null;
  readonly basicAuth: BasicAuthConfig | null;
  readonly forwardAuth: ForwardAuthConfig | null;
  /** Methods that are taken; empty: any. */
  readonly methods: readonly string[];
}
