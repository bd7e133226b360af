/**
 * How the balancer finds out about its servers: by checks of its own, and by what happens to
 * requests. Types only; proxy/ may import this file.
 */

/** TLS under a check. */
export interface CheckTls {
  /** The certificate has to be valid, for the name, and of a known authority. */
  readonly verify: boolean;
  /** Server name asked for and expected; null: the Host field's or the server's own name. */
  readonly serverName: string | null;
  /** Path of the authorities' certificates (PEM); null: those that come with Node. */
  readonly ca: string | null;
}

/** What a body has to hold: a text, or what a linear-time pattern matches. */
export type BodyMatch =
  | { readonly kind: 'contains'; readonly text: string }
  | { readonly kind: 'matches'; readonly pattern: string };

/** One HTTP/1.1 request on a connection of its own. */
export interface HttpProbe {
  readonly kind: 'http';
  readonly method: 'GET' | 'HEAD' | 'OPTIONS';
  /** Origin-form target. */
  readonly path: string;
  /** The Host field; the server's address when null. */
  readonly host: string | null;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Accepted status codes, inclusive ranges. */
  readonly statuses: readonly (readonly [number, number])[];
  readonly body: BodyMatch | null;
  readonly tls: CheckTls | null;
}

/** A connection, and perhaps a few words. Bytes are latin1 text. */
export interface TcpProbe {
  readonly kind: 'tcp';
  /** Sent at once; empty: nothing is. */
  readonly send: string;
  /** Has to come within the first bytes; empty: being connected is enough. */
  readonly expect: string;
  readonly tls: CheckTls | null;
}

/** A program; exit status 0 passes. */
export interface CommandProbe {
  readonly kind: 'command';
  /** Program and arguments. */
  readonly command: readonly string[];
}

export type CheckProbe = HttpProbe | TcpProbe | CommandProbe;

/** The active check of every server of an upstream. */
export interface HealthCheckConfig {
  readonly probe: CheckProbe;
  /** Asked instead of the server's own port; null: that. */
  readonly port: number | null;
  readonly intervalMs: number;
  /** The interval while a server is not up. */
  readonly intervalDownMs: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
  /** What a server counts as before anything is known. */
  readonly initial: 'unknown' | 'up' | 'down';
}
