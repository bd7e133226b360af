/** Who else speaks VRRP on the LAN: listens for a moment, and says nothing itself. */
import { setTimeout as delay } from 'node:timers/promises';
import { FrameSocket } from '../os/frame-socket.ts';
import { formatIp } from '../os/ip-address.ts';
import { packetFilter } from '../os/packet-filter.ts';
import { RawSocket } from '../os/raw-socket.ts';
import { type AdvertHead, advertHead, VRRP_PROTOCOL } from './advert-head.ts';
import { AS_ROOT, bad, type Finding, ok, unknown } from './finding.ts';
import {
  type Family,
  peerAddresses,
  type RouterHere,
  routersHere,
  type Subject,
} from './subject.ts';

const ETHERTYPES = { 4: 0x0800, 6: 0x86dd } as const;
/** Where a frame says which protocol its packet has. */
const PROTOCOL_AT = { 4: 23, 6: 20 } as const;
const GROUPS = {
  4: Uint8Array.of(224, 0, 0, 18),
  6: Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12),
} as const;

/** What was heard on one interface, of one family. */
export interface Heard {
  readonly interface: string;
  readonly family: 4 | 6;
  /** Of each sender and VRID the last one. */
  readonly adverts: readonly AdvertHead[];
  /** Senders whose adverts came as far as a process: past the firewall and rp_filter. */
  readonly delivered: ReadonlySet<string>;
}

/** Pure. One finding for each interface and family, and one for each stranger. */
export function judgeLan(
  heard: Heard,
  subject: Pick<Subject, 'config' | 'node' | 'listenMs'>,
): Finding[] {
  const { interface: device, family } = heard;
  const routers = routersHere(subject).filter(
    (router) => router.interface === device && router.families.includes(family),
  );
  const peers = new Set(peerAddresses(subject));
  const strangers = heard.adverts.flatMap((advert) => {
    const router = routers.find(({ vrid }) => vrid === advert.vrid);
    if (router === undefined || isPeer(advert, router, family, peers)) return [];
    return [judgeStranger(device, advert, router, heard.adverts)];
  });
  const blocked = heard.adverts.filter(
    (advert) =>
      routers.some(({ vrid }) => vrid === advert.vrid) && !heard.delivered.has(advert.source),
  );
  const what = `${device}, IPv${family}`;
  if (blocked.length > 0) strangers.push(judgeBlocked(what, blocked));
  if (strangers.length > 0) return strangers;
  return [ok(what, heardText(heard.adverts, subject.listenMs))];
}

function heardText(adverts: readonly AdvertHead[], listenMs: number): string {
  const time = `in ${listenMs / 1_000} s`;
  if (adverts.length === 0) return `nobody else advertised ${time}`;
  const who = adverts.map(({ source, vrid, priority }) => `${source} (VRID ${vrid}, ${priority})`);
  return `heard ${time}: ${who.join(', ')}`;
}

/**
 * Over IPv6 adverts come from link-local addresses, which the file does not have; then, and where the file does
 * not name the other host's address, whoever advertises our addresses is taken for it.
 */
function isPeer(
  { source, addresses }: AdvertHead,
  router: RouterHere,
  family: 4 | 6,
  peers: ReadonlySet<string>,
): boolean {
  if (peers.has(source)) return true;
  const known = [...peers].some((peer) => peer.includes(':') === (family === 6));
  if (family === 4 && known) return false;
  return addresses.some((address) => router.addresses.includes(address));
}

function judgeStranger(
  device: string,
  advert: AdvertHead,
  router: RouterHere,
  all: readonly AdvertHead[],
): Finding {
  const { source, vrid, priority, version, addresses } = advert;
  const some = addresses.length === 0 ? '' : ` for ${addresses.slice(0, 3).join(', ')}`;
  const what = `VRID ${vrid} on ${device} (${router.name})`;
  const reason =
    `${source} advertises it as well (VRRPv${version}, priority ${priority}${some}), and is no node of the ` +
    'file: the two confuse each other, and both may lose their addresses';
  const taken = new Set(all.map((one) => one.vrid));
  const free = Array.from({ length: 255 }, (_, at) => at + 1).find((one) => !taken.has(one));
  const remedy =
    `give virtual_routers.${router.name} another vrid on both hosts (${free} was not heard), or add the ` +
    'other host to nodes';
  return bad(what, reason, remedy);
}

function judgeBlocked(what: string, blocked: readonly AdvertHead[]): Finding {
  const who = [...new Set(blocked.map(({ source }) => source))].join(', ');
  const reason =
    `adverts of ${who} arrive at the interface and reach no process: this host would take the addresses ` +
    'beside them';
  const remedy = 'let protocol 112 through the firewall (see above), or loosen rp_filter';
  return bad(what, reason, remedy);
}

/** Listens on one interface; rejects with OsError: EPERM, ENODEV. */
async function listen(device: string, family: 4 | 6, ms: number): Promise<Heard> {
  const adverts = new Map<string, AdvertHead>();
  const delivered = new Set<string>();
  const onError = () => {};
  const raw = new RawSocket({
    family,
    protocol: VRRP_PROTOCOL,
    interface: device,
    group: GROUPS[family],
    onPacket: ({ source }) => void delivered.add(formatIp(source)),
    onError,
  });
  try {
    const frames = new FrameSocket({
      interface: device,
      interfaceIndex: raw.interfaceIndex,
      etherType: ETHERTYPES[family],
      filter: protocolFilter(PROTOCOL_AT[family]),
      onFrame(frame) {
        const head = advertHead(frame, family);
        if (head !== null) adverts.set(`${head.source} ${head.vrid}`, head);
      },
      onError,
    });
    await delay(ms);
    frames.close();
    raw.readQueued();
  } finally {
    raw.close();
  }
  return { interface: device, family, adverts: [...adverts.values()], delivered };
}

function protocolFilter(offset: number): Uint8Array {
  return packetFilter([
    { code: 0x30, jumpTrue: 0, jumpFalse: 0, k: offset }, // ldb: the protocol
    { code: 0x15, jumpTrue: 0, jumpFalse: 1, k: VRRP_PROTOCOL }, // jeq
    { code: 0x06, jumpTrue: 0, jumpFalse: 0, k: 0xffffffff },
    { code: 0x06, jumpTrue: 0, jumpFalse: 0, k: 0 },
  ]);
}

/** An interface that is not there, or not up, is told of by another check. */
function refusal(what: string, error: Error & { readonly code?: string }): Finding[] {
  if (error.code === 'ENODEV' || error.code === 'ENETDOWN') return [];
  if (error.code === 'EPERM' || error.code === 'EACCES') {
    return [unknown(what, 'this user may not listen (CAP_NET_RAW)', AS_ROOT)];
  }
  return [unknown(what, error.message, 'see the interfaces above')];
}

/** See the file's comment. */
export const lan: Family = {
  name: 'lan',
  async examine(subject) {
    const { listenMs } = subject;
    const places = new Map(
      routersHere(subject).flatMap(({ interface: device, families }) =>
        families.map((family) => [`${device}, IPv${family}`, { device, family }] as const),
      ),
    );
    if (listenMs === 0) return [];
    const found = await Promise.all(
      [...places].map(([what, { device, family }]) =>
        listen(device, family, listenMs)
          .then((heard) => judgeLan(heard, subject))
          .catch((error) => refusal(what, error)),
      ),
    );
    return found.flat();
  },
};
