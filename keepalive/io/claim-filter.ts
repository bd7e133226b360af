/** Which frames a claim watch gets: decided in the kernel, so that a busy LAN costs us nothing. */
import { type FilterInstruction, packetFilter } from '../../src/os/packet-filter.ts';

/** Where an ARP frame has its sender's IP address. */
const ARP_SENDER_OFFSET = 28;
const IPV6_NEXT_HEADER_OFFSET = 20;
const ICMPV6_TYPE_OFFSET = 54;
const ICMPV6 = 58;
const NEIGHBOUR_ADVERTISEMENT = 136;
/** Addresses compared in the kernel; of more, all ARP is read and compared here. */
const ADDRESSES_MAX = 64;

const KEEP: FilterInstruction = { code: 0x06, jumpTrue: 0, jumpFalse: 0, k: 0xffffffff };
const DROP: FilterInstruction = { code: 0x06, jumpTrue: 0, jumpFalse: 0, k: 0 };

/** The memory of a filter is never freed, so there is one for each list of addresses. */
const known = new Map<string, Uint8Array>();

/** ARP frames whose sender has one of these IPv4 addresses. */
export function arpClaimFilter(addresses: readonly Uint8Array[]): Uint8Array {
  const words = addresses.map((ip) => new DataView(ip.buffer, ip.byteOffset, 4).getUint32(0));
  return remembered(`arp ${words.join(' ')}`, () => arpClaimProgram(words));
}

/** The program of {@link arpClaimFilter}. Pure. */
export function arpClaimProgram(words: readonly number[]): readonly FilterInstruction[] {
  if (words.length > ADDRESSES_MAX) return [KEEP];
  return [
    { code: 0x20, jumpTrue: 0, jumpFalse: 0, k: ARP_SENDER_OFFSET }, // ld: the sender
    // jeq: over the comparisons that are left, and over the drop
    ...words.map((k, at) => ({ code: 0x15, jumpTrue: words.length - at, jumpFalse: 0, k })),
    DROP,
    KEEP,
  ];
}

/** Neighbour advertisements, whatever their target. */
export function naClaimFilter(): Uint8Array {
  return remembered('na', () => [
    { code: 0x30, jumpTrue: 0, jumpFalse: 0, k: IPV6_NEXT_HEADER_OFFSET }, // ldb: next header
    { code: 0x15, jumpTrue: 0, jumpFalse: 3, k: ICMPV6 },
    { code: 0x30, jumpTrue: 0, jumpFalse: 0, k: ICMPV6_TYPE_OFFSET }, // ldb: the type
    { code: 0x15, jumpTrue: 0, jumpFalse: 1, k: NEIGHBOUR_ADVERTISEMENT },
    KEEP,
    DROP,
  ]);
}

function remembered(key: string, program: () => readonly FilterInstruction[]): Uint8Array {
  let filter = known.get(key);
  if (filter === undefined) {
    filter = packetFilter(program());
    known.set(key, filter);
  }
  return filter;
}
