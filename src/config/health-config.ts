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
  /**
   * As requests speak it, with what they use: the Host field says nothing of the certificate, and `ca` is not read.
   * Absent: the check's own way.
   */
  readonly asTraffic?: TrafficTls;
}

/** What requests to the servers of an upstream use now, whatever their files have come to since; PEM. */
export interface TrafficTls {
  /** Null: the authorities that come with Node. */
  readonly ca: string | null;
  /** What is shown to servers that ask for a certificate; null: nothing. */
  readonly own: { readonly chain: string; readonly key: string } | null;
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

/**
 * What happens to requests, and when a server is taken out for it for a while: passive checks and
 * outlier ejection are the same machine under different rules.
 */
export interface EjectionConfig {
  /** So many failures take it out; 0: only a share of failures does. */
  readonly failuresMax: number;
  /** They add up as long as no such time goes by in peace; 0: they have to come in a row. */
  readonly windowMs: number;
  /** A share of failures within an interval takes it out, too; null: it does not. */
  readonly rate: {
    /** 1-100. */
    readonly percent: number;
    /** With fewer requests in the interval the share says nothing. */
    readonly requestsMin: number;
  } | null;
  /** Of the share; every interval in peace also takes one off the repeats. */
  readonly intervalMs: number;
  /** Times the number of repeats, up to the maximum, is how long it is out. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** Servers of the upstream that may be out at a time, 1-100; never all. */
  readonly ejectedPercentMax: number;
  /** Requests that try it before it is back. */
  readonly trials: number;
  /** Status codes that are failures, inclusive ranges. */
  readonly statuses: readonly (readonly [number, number])[];
}
