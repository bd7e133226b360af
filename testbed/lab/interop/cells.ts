/**
 * The interoperability matrix: every kind of virtual router that Tandem and keepalived can share, and
 * what RFC 9568 and RFC 3768 say must happen to it. Pure.
 */
import { address4, address6, edgeA, edgeB } from '../address-plan.ts';

export const OURS = edgeA.name;
export const THEIRS = edgeB.name;
export type Side = typeof OURS | typeof THEIRS;

/** Our priority and theirs. */
const relations = {
  'we are higher': [200, 100],
  'they are higher': [100, 200],
  'equal priority': [150, 150],
} as const;
type Relation = keyof typeof relations;

/** IPv6 has no version 2. Adverts of version 2 count whole seconds. */
const protocols = [
  { protocol: 'v2 IPv4', version: 2, family: 4, advertMs: 1000 },
  { protocol: 'v2 IPv4 with PASS', version: 2, family: 4, advertMs: 1000, password: 'lab-pass' },
  { protocol: 'v3 IPv4', version: 3, family: 4, advertMs: 200 },
  { protocol: 'v3 IPv6', version: 3, family: 6, advertMs: 200 },
] as const;

/** One virtual router of the matrix. */
export interface Cell {
  readonly name: string;
  /** Version, family and authentication, in words. */
  readonly protocol: string;
  readonly vrid: number;
  readonly version: 2 | 3;
  readonly family: 4 | 6;
  readonly advertMs: number;
  readonly password?: string;
  /** Absent: multicast. Otherwise the host's address that adverts come from, by host. */
  readonly unicast?: Readonly<Record<Side, string>>;
  readonly relation: Relation;
  readonly priority: Readonly<Record<Side, number>>;
  readonly addresses: readonly string[];
  /** The one that clients would use. */
  readonly address: string;
}

/** All cells; each has a VRID and addresses of its own, so that one pair of hosts carries them all. */
export const cells: readonly Cell[] = protocols
  .flatMap((protocol) => (['multicast', 'unicast'] as const).map((way) => ({ ...protocol, way })))
  .flatMap((kind) =>
    (Object.keys(relations) as Relation[]).map((relation) => ({ ...kind, relation })),
  )
  .map(({ protocol, way, relation, ...kind }, index) => {
    const vrid = index + 1;
    const address = kind.family === 4 ? `198.51.100.${100 + vrid}` : `2001:db8::1:${vrid}`;
    const ofHost = kind.family === 4 ? address4 : address6;
    const [ours, theirs] = relations[relation];
    return {
      ...kind,
      protocol,
      name: `${protocol} ${way}, ${relation}`,
      vrid,
      relation,
      priority: { [OURS]: ours, [THEIRS]: theirs },
      ...(way === 'unicast' ? { unicast: { [OURS]: ofHost(edgeA), [THEIRS]: ofHost(edgeB) } } : {}),
      addresses: kind.family === 4 ? [address] : [`fe80::1:${vrid}`, address],
      address,
    };
  });

/** What is done to a host, or to the LAN between the two. */
export type Fault = 'start' | 'crash' | 'stop' | 'partition';
export interface Step {
  readonly name: string;
  readonly fault: Fault;
  readonly side: Side;
}

const start = (side: Side, name: string): Step => ({ name, fault: 'start', side });

/**
 * In this order every cell sees its Active router crash and stop, and return, whichever side that
 * is: of equal priorities the one that took over stays.
 */
export const steps: readonly Step[] = [
  start(OURS, 'ours starts alone'),
  start(THEIRS, 'theirs joins'),
  { name: 'ours stops in order', fault: 'stop', side: OURS },
  start(OURS, 'ours returns'),
  { name: 'theirs crashes', fault: 'crash', side: THEIRS },
  start(THEIRS, 'theirs returns'),
  { name: 'ours crashes', fault: 'crash', side: OURS },
  start(OURS, 'ours returns again'),
  { name: 'theirs stops in order', fault: 'stop', side: THEIRS },
  start(THEIRS, 'theirs returns again'),
  { name: 'neither hears the other, and then both do', fault: 'partition', side: OURS },
];

/** Who must hold the address in the end, and within which time of the fault. */
export interface Expectation {
  readonly holder: Side;
  /** Milliseconds; both 0 when nothing may move. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Skew_Time in ms: of version 2 in seconds whatever the interval (RFC 3768 6.1, RFC 9568 6.1). */
export function skewMs({ version, advertMs, priority }: Cell, side: Side): number {
  return ((256 - priority[side]) * (version === 2 ? 1000 : advertMs)) / 256;
}

/** Active_Down_Interval in ms. */
export function activeDownMs(cell: Cell, side: Side): number {
  return 3 * cell.advertMs + skewMs(cell, side);
}

const other = (side: Side): Side => (side === OURS ? THEIRS : OURS);
const still = (holder: Side): Expectation => ({ holder, fromMs: 0, toMs: 0 });

/** What the RFCs say comes of a step; `holder`: who holds the address before it, null: nobody. */
export function expectationOf(cell: Cell, { fault, side }: Step, holder: Side | null): Expectation {
  const rival = other(side);
  switch (fault) {
    case 'start':
      // A Backup leaves an Active router of the same priority alone (RFC 9568 6.4.2).
      if (holder !== null && cell.priority[side] <= cell.priority[holder]) return still(holder);
      return { holder: side, fromMs: 0, toMs: activeDownMs(cell, side) };
    case 'crash':
      if (holder !== side) return still(rival);
      // The last advert may be a whole interval old.
      return {
        holder: rival,
        fromMs: activeDownMs(cell, rival) - cell.advertMs,
        toMs: activeDownMs(cell, rival),
      };
    case 'stop':
      if (holder !== side) return still(rival);
      return { holder: rival, fromMs: skewMs(cell, rival), toMs: skewMs(cell, rival) };
    case 'partition': {
      // Of two that are both Active and equal, the numerically higher address (RFC 9568 6.4.3).
      const ours = cell.priority[OURS] > cell.priority[THEIRS];
      return { holder: ours ? OURS : THEIRS, fromMs: 0, toMs: cell.advertMs };
    }
  }
}
