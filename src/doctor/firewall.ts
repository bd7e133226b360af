/** Whether the local packet filter lets in what the pair and its clients need. */
import { asList } from '../config/index.ts';
import { effectiveCapabilities } from '../os/capabilities.ts';
import { Nftables, NftablesError, nftablesMissing } from '../os/nftables.ts';
import { VRRP_PROTOCOL } from './advert-head.ts';
import { AS_ROOT, bad, type Finding, ok, unknown } from './finding.ts';
import { textOf } from './host-files.ts';
import type { Probe } from './rule-match.ts';
import { Ruleset } from './ruleset.ts';
import { type Family, peerAddresses, routersHere, type Subject } from './subject.ts';

const TCP = 6;
const UDP = 17;
const BFD_PORT = 3784;
const LEGACY_TABLES = ['/proc/net/ip_tables_names', '/proc/net/ip6_tables_names'];

/** Something that has to get through. */
export interface Need {
  /** `VRRP from 198.51.100.12 on eth0`. */
  readonly what: string;
  readonly probe: Probe;
  readonly direction: 'in' | 'out';
  /** What happens when it does not. */
  readonly follows: string;
  /** The rule to add, in the words of nft. */
  readonly rule: string;
  /** It is enough when some of it may pass: clients may be meant to be few. */
  readonly partly: boolean;
}

type Here = Pick<Subject, 'config' | 'node'>;

/** Everything the config needs. Pure. */
export function needsOf(subject: Here): Need[] {
  return [...advertNeeds(subject), ...pairNeeds(subject), ...listenerNeeds(subject)];
}

function advertNeeds(subject: Here): Need[] {
  const places = new Map(
    routersHere(subject).flatMap((router) =>
      router.families.map(
        (family) => [`${router.interface} ${family}`, { router, family }] as const,
      ),
    ),
  );
  return [...places.values()].flatMap(({ router, family }) => {
    const device = router.interface;
    const destination = family === 4 ? '224.0.0.18' : 'ff02::12';
    const blank = { family, iif: null, oif: null, source: null, destination, port: null };
    const advert: Probe = { ...blank, protocol: VRRP_PROTOCOL };
    const inwards = sourcesOf(subject, family).map((source): Need => {
      const from = source === null ? '' : ` from ${source}`;
      return {
        what: `VRRP${from} on ${device}, IPv${family}`,
        probe: { ...advert, source, iif: device },
        direction: 'in',
        follows: 'this host hears no adverts, and takes the addresses beside the other one',
        rule: `iifname "${device}" meta l4proto 112 accept`,
        partly: false,
      };
    });
    const outwards: Need = {
      what: `VRRP out of ${device}, IPv${family}`,
      probe: { ...advert, oif: device },
      direction: 'out',
      follows: 'the other host hears no adverts of this one, and takes the addresses beside it',
      rule: `oifname "${device}" meta l4proto 112 accept`,
      partly: false,
    };
    return [...inwards, outwards, ...bfdNeeds(router.bfd, family, device)];
  });
}

/** Adverts over IPv6 come from link-local addresses that the file does not have. */
function sourcesOf(subject: Here, family: 4 | 6): readonly (string | null)[] {
  if (family === 6) return ['fe80::1'];
  const { config, node } = subject;
  const others = Object.entries(config?.nodes ?? {}).filter(([name]) => name !== node);
  const own = others.flatMap(([, { address }]) => (address?.includes('.') ? [address] : []));
  return own.length === 0 ? [null] : own;
}

function bfdNeeds(wanted: boolean, family: 4 | 6, device: string): Need[] {
  if (!wanted) return [];
  const blank = { family, oif: null, source: null, destination: null };
  return [
    {
      what: `BFD on ${device}, IPv${family}`,
      probe: { ...blank, iif: device, protocol: UDP, port: BFD_PORT },
      direction: 'in',
      follows: 'the BFD session never comes up',
      rule: `iifname "${device}" udp dport ${BFD_PORT} accept`,
      partly: true,
    },
  ];
}

function pairNeeds(subject: Here): Need[] {
  const { config, node } = subject;
  if (config?.pair === undefined || node === null) return [];
  const { port } = config.pair;
  const others = new Set(
    Object.entries(config.nodes)
      .filter(([name]) => name !== node)
      .flatMap(([, { pair_addresses = [] }]) => pair_addresses),
  );
  return peerAddresses(subject)
    .filter((address, at, all) => others.has(address) && all.indexOf(address) === at)
    .map((source): Need => {
      const family = source.includes(':') ? 6 : 4;
      const from = `ip${family === 6 ? '6' : ''} saddr ${source}`;
      const blank = { family, iif: null, oif: null, destination: null } as const;
      return {
        what: `pair connection from ${source}`,
        probe: { ...blank, source, protocol: TCP, port },
        direction: 'in',
        follows: 'the agents are not connected over it: no agreed handover, no veto',
        rule: `${from} tcp dport ${port} accept`,
        partly: true,
      };
    });
}

function listenerNeeds({ config }: Here): Need[] {
  return Object.entries(config?.listeners ?? {}).flatMap(([name, { bind, protocol }]) =>
    asList(bind).flatMap(({ host, port }): Need[] => {
      if (host.startsWith('127.') || host === '::1') return [];
      const family = host.includes(':') ? 6 : 4;
      const kind = protocol === 'udp' ? 'udp' : 'tcp';
      const blank = { iif: null, oif: null, source: null, destination: null };
      const probe: Probe = { ...blank, family, protocol: kind === 'udp' ? UDP : TCP, port };
      return [
        {
          what: `clients of ${name}, ${kind} port ${port}, IPv${family}`,
          probe,
          direction: 'in',
          follows: 'no client reaches it',
          rule: `${kind} dport ${port} accept`,
          partly: true,
        },
      ];
    }),
  );
}

/** Pure. */
export function judgeNeed(need: Need, ruleset: Ruleset): Finding {
  const { passes, by } = ruleset.fate(need.probe, need.direction);
  const chain = need.direction === 'in' ? 'input' : 'output';
  if (passes === 'yes' || (passes === 'maybe' && need.partly)) {
    return ok(need.what, need.direction === 'in' ? 'let in' : 'let out');
  }
  if (passes === 'no') {
    const remedy = `add to the ${chain} chain of your firewall: ${need.rule}`;
    return bad(need.what, `dropped (${by}): ${need.follows}`, remedy);
  }
  const reason = `some rules drop packets (${by}), and whether this one is among them cannot be told`;
  const remedy = `make sure that this comes before: ${need.rule}; nft list ruleset`;
  return unknown(need.what, reason, remedy);
}

/** Rules of the old iptables are in no ruleset of nftables. */
function legacyFinding(): Finding[] {
  const tables = LEGACY_TABLES.flatMap((path) => (textOf(path) ?? '').split('\n'));
  if (!tables.includes('filter')) return [];
  const reason = 'the host has a filter table of iptables-legacy, too, which is not read here';
  const remedy =
    'look that protocol 112 and the ports are let in: iptables-legacy -S; ip6tables-legacy -S';
  return [unknown('iptables-legacy', reason, remedy)];
}

function forbidden(): Finding {
  return unknown('rules', 'this user may not read them (CAP_NET_ADMIN)', AS_ROOT);
}

/** See the file's comment. */
export const firewall: Family = {
  name: 'firewall',
  async examine(subject) {
    const needs = needsOf(subject);
    if (needs.length === 0) return [];
    const missing = nftablesMissing();
    if (missing !== null) {
      return [
        unknown('rules', missing, 'look at your firewall by hand: protocol 112 and the ports'),
      ];
    }
    // Asked without the right, the library writes to standard error by itself.
    if (!effectiveCapabilities().has('CAP_NET_ADMIN')) return [forbidden()];
    const nftables = new Nftables();
    try {
      const ruleset = new Ruleset(JSON.parse(nftables.rulesetAsJson()));
      if (ruleset.isEmpty) return [ok('rules', 'nothing is filtered'), ...legacyFinding()];
      return [...needs.map((need) => judgeNeed(need, ruleset)), ...legacyFinding()];
    } catch (error) {
      if (!(error instanceof NftablesError)) throw error;
      return [unknown('rules', error.message, 'nft list ruleset')];
    } finally {
      nftables.close();
    }
  },
};
