/** Whether a statement of a rule matches a packet that is only thought of. Pure. */
import { BlockList } from 'node:net';

/** A part of what nft prints. */
export type Json = Readonly<Record<string, unknown>>;

/** `maybe`: the packet is not known that well, or the statement is not one that is read here. */
export type Answer = 'yes' | 'no' | 'maybe';

/** A packet; null: any, or not known. It is the first one of its connection. */
export interface Probe {
  readonly family: 4 | 6;
  /** Interface that it comes in by, and goes out by. */
  readonly iif: string | null;
  readonly oif: string | null;
  readonly source: string | null;
  readonly destination: string | null;
  /** IANA's number. */
  readonly protocol: number;
  readonly port: number | null;
}

/** A verdict that a statement may come to; `sure`: no other. */
export interface Chosen {
  readonly verdict: Json;
  readonly sure: boolean;
}

const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  icmpv6: 58,
  'ipv6-icmp': 58,
  vrrp: 112,
};
const VERDICTS = ['accept', 'drop', 'reject', 'return', 'jump', 'goto', 'continue', 'queue'];
/** They do something and let the packet go on to the next statement. */
const NEUTRAL = ['counter', 'log', 'notrack', 'mangle', 'comment', 'set', 'map', 'flow', 'dup'];

/** Nobody knows. */
const UNKNOWN = Symbol('unknown');
/** The packet has no such thing. */
const ABSENT = Symbol('absent');
type Value = string | number | typeof UNKNOWN | typeof ABSENT;

/** See the file's comment. */
export class RuleMatcher {
  /** Elements of the named sets and maps. */
  readonly #named = new Map<string, readonly unknown[]>();

  constructor(sets: readonly Json[]) {
    for (const { name, elem } of sets) {
      this.#named.set(String(name), Array.isArray(elem) ? elem : []);
    }
  }

  /** Whether the packet goes on to the next statement. */
  matches(statement: Json, probe: Probe): Answer {
    const [kind = ''] = Object.keys(statement);
    if (kind === 'match') return this.#match(statement.match as Json, probe);
    if (kind === 'xt') return ofIptables(statement.xt as Json | null, probe);
    if (VERDICTS.includes(kind) || NEUTRAL.includes(kind) || kind === 'vmap') return 'yes';
    return 'maybe';
  }

  /** Verdicts that a statement has, the likeliest last. */
  verdicts(statement: Json, probe: Probe): readonly Chosen[] {
    const [kind = ''] = Object.keys(statement);
    if (kind === 'queue') return [{ verdict: { accept: null }, sure: false }];
    if (VERDICTS.includes(kind)) return [{ verdict: statement, sure: true }];
    if (kind !== 'vmap') return [];
    const { key, data } = statement.vmap as { readonly key: Json; readonly data: unknown };
    const value = partOf(key, probe);
    const possible: Chosen[] = [];
    for (const [element, verdict] of this.#elements(data) as readonly [unknown, Json][]) {
      const answer = this.#compare(value, element, probe);
      if (answer === 'yes') return [...possible, { verdict, sure: true }];
      if (answer === 'maybe') possible.push({ verdict, sure: false });
    }
    return possible;
  }

  #match({ op, left, right }: Json, probe: Probe): Answer {
    const value = partOf(left as Json, probe);
    if (value === ABSENT) return 'no';
    if (!['==', '!=', 'in'].includes(String(op))) return 'maybe';
    const answer = this.#compare(value, right, probe);
    if (op !== '!=') return answer;
    return answer === 'maybe' ? 'maybe' : answer === 'yes' ? 'no' : 'yes';
  }

  /** Whether the value is the one on the right, or one of those there. */
  #compare(value: Value, right: unknown, probe: Probe): Answer {
    if (value === ABSENT) return 'no';
    if (typeof right === 'object' && right !== null && 'elem' in right) {
      return this.#compare(value, (right.elem as Json).val, probe);
    }
    const several = this.#several(right);
    if (several !== null) {
      const answers = several.map((one) => this.#compare(value, one, probe));
      if (answers.includes('yes')) return 'yes';
      return answers.includes('maybe') ? 'maybe' : 'no';
    }
    if (right === '*') return 'yes';
    // What comes from outside may come by any interface but this one.
    if (value === UNKNOWN) return right === 'lo' ? 'no' : 'maybe';
    if (typeof right === 'object' && right !== null) return inRange(value, right as Json, probe);
    return equals(value, right) ? 'yes' : 'no';
  }

  /** Null: it is one value. */
  #several(right: unknown): readonly unknown[] | null {
    if (Array.isArray(right)) return right;
    if (typeof right === 'string' && right.startsWith('@')) return this.#elements(right);
    if (typeof right !== 'object' || right === null || !('set' in right)) return null;
    return this.#elements(right);
  }

  #elements(data: unknown): readonly unknown[] {
    if (typeof data === 'string') return this.#named.get(data.slice(1)) ?? [];
    const { set } = data as { readonly set: unknown };
    return Array.isArray(set) ? set : [set];
  }
}

/** A match of iptables that nft does not know: it says the name, and not what is asked. */
function ofIptables(extension: Json | null, { protocol }: Probe): Answer {
  const name = String(extension?.name ?? '');
  if (name === 'comment') return 'yes';
  // About connections that are known, or new ones of clients: adverts are neither.
  if (protocol === PROTOCOLS.vrrp && (name === 'conntrack' || name === 'state')) return 'no';
  return 'maybe';
}

/** What the left side of a match is, of this packet. */
function partOf(left: Json, probe: Probe): Value {
  if ('meta' in left) return metaOf(String((left.meta as Json).key), probe);
  if ('payload' in left) return payloadOf(left.payload as Json, probe);
  // The first packet of a connection.
  if ('ct' in left && (left.ct as Json).key === 'state') return 'new';
  return UNKNOWN;
}

function metaOf(key: string, { family, iif, oif, protocol }: Probe): Value {
  if (key === 'l4proto') return protocol;
  if (key === 'nfproto') return `ipv${family}`;
  if (key === 'protocol') return family === 4 ? 'ip' : 'ip6';
  if (key === 'iif' || key === 'iifname') return iif ?? UNKNOWN;
  if (key === 'oif' || key === 'oifname') return oif ?? UNKNOWN;
  return UNKNOWN;
}

function payloadOf({ protocol, field }: Json, probe: Probe): Value {
  if (protocol === 'ip' || protocol === 'ip6') {
    if ((protocol === 'ip') !== (probe.family === 4)) return ABSENT;
    if (field === 'saddr') return probe.source ?? UNKNOWN;
    if (field === 'daddr') return probe.destination ?? UNKNOWN;
    return field === 'protocol' || field === 'nexthdr' ? probe.protocol : UNKNOWN;
  }
  const number = protocol === 'th' ? probe.protocol : PROTOCOLS[String(protocol)];
  if (protocol === 'th' && probe.port === null) return ABSENT;
  if (number === undefined) return protocol === undefined ? UNKNOWN : ABSENT;
  if (number !== probe.protocol) return ABSENT;
  return field === 'dport' ? (probe.port ?? UNKNOWN) : UNKNOWN;
}

function equals(value: string | number, right: unknown): boolean {
  if (typeof value === 'number' && typeof right === 'string') {
    return PROTOCOLS[right] === value || right === String(value);
  }
  if (typeof right === 'string' && right.endsWith('*')) {
    return String(value).startsWith(right.slice(0, -1));
  }
  return value === right;
}

function inRange(value: string | number, right: Json, { family }: Probe): Answer {
  if (Array.isArray(right.range)) {
    const [first, last] = right.range as (string | number)[];
    if (typeof value === 'number') return value >= +first! && value <= +last! ? 'yes' : 'no';
    return within((list) => list.addRange(`${first}`, `${last}`, `ipv${family}`), value, family);
  }
  if (typeof right.prefix === 'object' && right.prefix !== null) {
    const { addr, len } = right.prefix as { readonly addr: string; readonly len: number };
    return within((list) => list.addSubnet(addr, len, `ipv${family}`), `${value}`, family);
  }
  return 'maybe';
}

function within(fill: (list: BlockList) => void, address: string, family: 4 | 6): Answer {
  try {
    const list = new BlockList();
    fill(list);
    return list.check(address, `ipv${family}`) ? 'yes' : 'no';
  } catch {
    // No addresses of this family: something else is compared.
    return 'maybe';
  }
}
