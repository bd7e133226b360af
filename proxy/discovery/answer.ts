/** What a look-up brings, apart from how it was made and from what is made of it. */

/** A name that servers come from, and how it is asked for. */
export interface Question {
  /** `address`: A and AAAA. `srv`: SRV, then A and AAAA of each target. */
  readonly kind: 'address' | 'srv';
  /** Lower case, no dot at the end. */
  readonly name: string;
}

/** One text for each question, as logs and status show it. */
export function questionText({ kind, name }: Question): string {
  return kind === 'srv' ? `SRV ${name}` : name;
}

/** The name servers said that there is nothing; that is an answer, and ends the asking. */
export type Absence =
  /** NXDOMAIN: the name does not exist. */
  | 'nxdomain'
  /** The name exists, without records of the kind asked for. */
  | 'nodata';

/** Nobody said anything that helps. */
export type LookupFault =
  /** SERVFAIL: the name server could not find out. */
  | 'servfail'
  /** REFUSED: the name server does not serve us. */
  | 'refused'
  /** No answer in time. */
  | 'timeout'
  /** The name server's host or port does not answer at all, or there is no name server. */
  | 'unreachable'
  /** What came is no DNS, or is an error of another kind. */
  | 'malformed';

/** Records, none, or no answer. */
export type Outcome<Records> =
  | { readonly kind: 'found'; readonly records: Records; readonly ttlMs: number }
  | { readonly kind: 'absent'; readonly why: Absence }
  | { readonly kind: 'failed'; readonly why: LookupFault; readonly detail: string };

/** The addresses of one host, by family. A family that was not asked for is absent. */
export interface HostAnswer {
  readonly ipv4: Outcome<readonly string[]>;
  readonly ipv6: Outcome<readonly string[]>;
}

/** An SRV record (RFC 2782). The target has no dot at the end. */
export interface SrvRecord {
  readonly target: string;
  readonly port: number;
  /** 0-65535; the lowest first. */
  readonly priority: number;
  /** 0-65535; share among those of one priority. */
  readonly weight: number;
}

/** A host whose addresses were asked for, with its SRV record unless it is the name itself. */
export interface TargetAnswer {
  readonly host: string;
  readonly srv: SrvRecord | null;
  readonly addresses: HostAnswer;
}

/** The outcome of a question. */
export type Answer = Outcome<readonly TargetAnswer[]>;
