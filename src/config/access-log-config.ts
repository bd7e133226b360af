/** An access log as the balancer is given it. Types only; proxy/ may import this file. */
import type { LogPart } from './access-log-template.ts';

export type { LogPart } from './access-log-template.ts';
export type {
  RequestVariable,
  SessionVariable,
  TlsVariable,
  VariableFamily,
} from './access-log-variables.ts';

/** Where lines go. Listeners that name the same one share it. */
export type LogDestination =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'syslog';
      /** Path of a unix datagram socket; null: UDP to the endpoint. */
      readonly path: string | null;
      readonly host: string;
      readonly port: number;
      /** RFC 5424 section 6.2.1: facility * 8 + severity. */
      readonly priority: number;
      /** APP-NAME. */
      readonly tag: string;
    };

export interface AccessLogConfig {
  readonly destination: LogDestination;
  readonly style: 'json' | 'text';
  /** One line, without its end. */
  readonly parts: readonly LogPart[];
  /** Names of fields, cookies and arguments whose values are not shown: lower case, `_` for `-`. */
  readonly redact: readonly string[];
  readonly truncateAddresses: boolean;
  /** One in so many of the requests that went well; failed ones and sessions are all logged. */
  readonly sampleEvery: number;
  /** Longest time that a line waits for others. */
  readonly flushMs: number;
  /** Most bytes that wait in a worker for a slow destination; beyond it lines are dropped. */
  readonly bufferBytes: number;
}
