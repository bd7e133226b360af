import { STRANGERS_REMEMBERED_MAX } from '../limits.ts';
import type { HostLine } from './compose-head.ts';
import { forNode } from './forwarded-field.ts';

/** What forwarded requests say about whoever connects, and which of their lines have the host. */
export interface ClientLines {
  readonly about: Buffer;
  readonly hosts: readonly HostLine[];
}

/** How a client connected. */
export interface Arrival {
  readonly address: string;
  readonly scheme: string;
  readonly localPort: number;
}

/** What {@link StrangerLines} needs of a listener's rules. */
export interface LineRules {
  /** Send X-Forwarded-* and X-Real-IP. */
  readonly xForwarded: boolean;
  /** Send Forwarded. */
  readonly rfc7239: boolean;
  readonly xForwardedHost: HostLine;
  /** The end of a line that has the host in quotes. */
  readonly quoteEnd: Buffer;
}

/** Of a client that nothing is to be told of. */
export const NOTHING_TOLD: ClientLines = { about: Buffer.alloc(0), hosts: [] };

/**
 * The lines about clients that nobody vouches for. They follow from where and how one connects, so all
 * connections of one host share them: a browser opens six, and many clients are behind one address.
 */
export class StrangerLines {
  readonly #rules: LineRules;
  /** By address, scheme and port. */
  readonly #known = new Map<string, ClientLines>();

  constructor(rules: LineRules) {
    this.#rules = rules;
  }

  /** The same object for the same arrival, as long as it is remembered. */
  of(arrival: Arrival): ClientLines {
    const key = `${arrival.address} ${arrival.scheme} ${arrival.localPort}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    // They are cheap to make again; those of open connections stay with these.
    if (this.#known.size >= STRANGERS_REMEMBERED_MAX) this.#known.clear();
    const made = this.#make(arrival);
    this.#known.set(key, made);
    return made;
  }

  #make({ address, scheme, localPort }: Arrival): ClientLines {
    const { xForwarded, rfc7239, xForwardedHost, quoteEnd } = this.#rules;
    const hosts: HostLine[] = [];
    let about = NOTHING_TOLD.about;
    if (xForwarded) {
      about = linesOf([
        ['X-Forwarded-For', address],
        ['X-Real-IP', address],
        ['X-Forwarded-Proto', scheme],
        ['X-Forwarded-Port', `${localPort}`],
      ]);
      hosts.push(xForwardedHost);
    }
    if (rfc7239) {
      const before = `Forwarded: ${forNode(address)};proto=${scheme};host="`;
      hosts.push({ before: Buffer.from(before, 'latin1'), after: quoteEnd });
    }
    return { about, hosts };
  }
}

/** Fields as they are sent. */
export function linesOf(fields: readonly (readonly [string, string])[]): Buffer {
  const text = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(text, 'latin1');
}
