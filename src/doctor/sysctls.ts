/** Settings of the kernel that Tandem depends on, or that hurt it. */
import { asList, type EffectiveConfig } from '../config/index.ts';
import { bad, type Finding, ok, unknown, warn } from './finding.ts';
import { countText, interfaceKey, sysctl, textOf } from './host-files.ts';
import { type Family, type RouterHere, routersHere, type Subject } from './subject.ts';

/** What a listener asks for (proxy/io/limits.ts). */
const BACKLOG = 4_096;
/** Ports for connections to servers: each needs one of its own towards one server. */
const LOCAL_PORTS_LOW = 20_000;
const ARP_ANNOUNCE_BEST = 2;
const STRICT = 1;

/** Where settings are read from: a name as sysctl(8) has it; null where the kernel has none. */
export type Settings = (name: string) => number | null;

/** What else there is to know of the host. */
export interface NetworkFacts {
  /** Interfaces of the default routes of IPv4. */
  readonly defaultRoutes: readonly string[];
  /** `net.ipv4.ip_local_port_range`; null where it cannot be read. */
  readonly localPorts: readonly [first: number, last: number] | null;
}

type Here = Pick<Subject, 'config' | 'node' | 'agent' | 'balancer'>;

/** All settings that the config makes matter. Pure. */
export function judgeSysctls(subject: Here, read: Settings, facts: NetworkFacts): Finding[] {
  const { config } = subject;
  const routers = routersHere(subject);
  const byInterface = Map.groupBy(routers, (router) => router.interface);
  const interfaces = [...byInterface].flatMap(([device, on]) => [
    ...judgeIpv4(device, on, subject, read, facts),
    ...judgeIpv6(device, on, read),
  ]);
  if (config === null || Object.keys(config.listeners).length === 0) return interfaces;
  return [...interfaces, ...judgeListeners(config, subject, read, facts)];
}

function judgeIpv4(
  device: string,
  routers: readonly RouterHere[],
  subject: Here,
  read: Settings,
  facts: NetworkFacts,
): Finding[] {
  const addresses = routers.flatMap((router) => router.addresses.filter((a) => !a.includes(':')));
  if (addresses.length === 0) return [];
  const name = (setting: string) => `net.ipv4.conf.${interfaceKey(device)}.${setting}`;
  // The interface is not there: another check says so.
  if (read(name('rp_filter')) === null) return [];
  // The kernel uses the greater of the two.
  const used = (setting: string) => {
    const [own, all] = [read(name(setting)), read(`net.ipv4.conf.all.${setting}`)];
    return own === null || all === null ? null : Math.max(own, all);
  };
  return [
    judgeReversePath(name('rp_filter'), used('rp_filter'), device, facts),
    judgeArpIgnore(name('arp_ignore'), used('arp_ignore')),
    judgeArpAnnounce(name('arp_announce'), used('arp_announce'), subject.agent.runs),
  ];
}

function judgeReversePath(
  name: string,
  value: number | null,
  device: string,
  { defaultRoutes }: NetworkFacts,
): Finding {
  if (value === null) return notThere(name);
  if (value !== STRICT) return ok(name, value === 0 ? '0 (off)' : `${value} (loose)`);
  const strict = '1 (strict, the greater of its own and that of net.ipv4.conf.all)';
  if (defaultRoutes.includes(device)) return ok(name, `${strict}; answers leave by ${device}`);
  const way =
    defaultRoutes.length === 0
      ? 'there is no default route'
      : `the default route leaves by ${defaultRoutes.join(', ')}`;
  return warn(
    name,
    `${strict}, and ${way}: packets of clients beyond ${device}'s own network are dropped unseen`,
    `sudo sysctl -w ${name}=2, or a default route by ${device}; and a file in /etc/sysctl.d`,
  );
}

function judgeArpIgnore(name: string, value: number | null): Finding {
  if (value === null) return notThere(name);
  const remedy = `sudo sysctl -w ${name}=1, and a file in /etc/sysctl.d`;
  // 4 to 7 are reserved, and mean 0.
  if (value === 8) {
    return bad(name, '8: this host answers ARP for none of its addresses', remedy);
  }
  if (value === 3) {
    const reason = '3: ARP for addresses of scope host is not answered; virtual ones are global';
    return ok(name, reason);
  }
  if (value === 2) {
    const reason =
      '2: ARP is answered only for a sender in the same subnet as the address: a virtual address with ' +
      'another prefix length than its network (/32) is not found';
    return warn(name, reason, remedy);
  }
  return ok(name, `${value}`);
}

function judgeArpAnnounce(name: string, value: number | null, runs: Here['agent']['runs']) {
  if (value === null) return notThere(name);
  if (value === ARP_ANNOUNCE_BEST) return ok(name, '2');
  if (runs === 'no') return ok(name, `${value}; the agent makes it 2 when it starts`);
  const reason =
    `${value}, although the agent wants 2: ARP requests of a host that is mute may carry the virtual ` +
    'address as sender, and turn neighbours back to it';
  return warn(name, reason, `sudo sysctl -w ${name}=2 on this host: the agent may not set it`);
}

function judgeIpv6(device: string, routers: readonly RouterHere[], read: Settings): Finding[] {
  if (!routers.some(({ families }) => families.includes(6))) return [];
  if (read(`net.ipv4.conf.${interfaceKey(device)}.rp_filter`) === null) return [];
  const name = `net.ipv6.conf.${interfaceKey(device)}.disable_ipv6`;
  const value = read(name);
  if (value === null) {
    const reason = `${device} has no IPv6, and the config has an IPv6 virtual address there`;
    const remedy = 'boot without ipv6.disable=1, or remove the address from the config';
    return [bad(name, reason, remedy)];
  }
  if (value === 0) return [ok(name, '0')];
  const reason = `${value}: the IPv6 virtual addresses cannot be put on ${device}`;
  return [bad(name, reason, `sudo sysctl -w ${name}=0, and a file in /etc/sysctl.d`)];
}

function judgeListeners(
  config: EffectiveConfig,
  { balancer }: Here,
  read: Settings,
  { localPorts }: NetworkFacts,
): Finding[] {
  const binds = Object.values(config.listeners).flatMap(({ bind }) => asList(bind));
  return [
    judgeBacklog(read('net.core.somaxconn')),
    ...judgeMigration(read('net.ipv4.tcp_migrate_req')),
    ...judgeIpv6Binds(
      binds.some(({ host }) => host.includes(':')),
      read,
    ),
    ...judgeLocalPorts(localPorts),
    ...judgeUring(config.proxy.io, balancer.report?.io, read('kernel.io_uring_disabled')),
  ];
}

function judgeBacklog(value: number | null): Finding {
  const name = 'net.core.somaxconn';
  if (value === null) return notThere(name);
  if (value >= BACKLOG) return ok(name, `${value}`);
  const reason = `${value}; listeners ask for ${BACKLOG}: a burst of new connections is dropped sooner`;
  return warn(name, reason, `sudo sysctl -w ${name}=${BACKLOG}, and a file in /etc/sysctl.d`);
}

/** Kernels before 5.14 have none. */
function judgeMigration(value: number | null): Finding[] {
  const name = 'net.ipv4.tcp_migrate_req';
  if (value === null) return [];
  if (value !== 0) return [ok(name, `${value}`)];
  const reason = '0: a listening socket that closes resets the connections that wait in it';
  return [warn(name, reason, `sudo sysctl -w ${name}=1, and a file in /etc/sysctl.d`)];
}

function judgeIpv6Binds(any: boolean, read: Settings): Finding[] {
  if (!any) return [];
  const name = 'net.ipv6.conf.all.disable_ipv6';
  const value = read(name);
  if (value === 0) return [ok(name, '0')];
  const reason =
    value === null
      ? 'the kernel has no IPv6, and listeners bind IPv6 addresses: the balancer does not start'
      : `${value}, and listeners bind IPv6 addresses: nobody reaches them`;
  const remedy = `sudo sysctl -w ${name}=0, or leave the IPv6 addresses out of bind`;
  return [value === null ? bad(name, reason, remedy) : warn(name, reason, remedy)];
}

function judgeLocalPorts(range: NetworkFacts['localPorts']): Finding[] {
  const name = 'net.ipv4.ip_local_port_range';
  if (range === null) return [];
  const count = range[1] - range[0] + 1;
  const found = `${range[0]}-${range[1]}`;
  if (count >= LOCAL_PORTS_LOW) return [ok(name, found)];
  const reason = `${found}: at most ${countText(count)} connections to one server at a time`;
  const remedy = `sudo sysctl -w ${name}="10000 65535", and a file in /etc/sysctl.d`;
  return [warn(name, reason, remedy)];
}

function judgeUring(
  wanted: EffectiveConfig['proxy']['io'],
  used: { readonly io: string; readonly refusal: string | null } | undefined,
  value: number | null,
): Finding[] {
  const name = 'kernel.io_uring_disabled';
  if (wanted === 'net') return [];
  if (used?.io === 'uring') return [ok(name, 'the balancer that runs uses io_uring')];
  const refusal = used?.refusal ?? null;
  if (refusal === null && (value === 0 || value === null))
    return [ok(name, `${value ?? 'not there'}`)];
  const why = refusal ?? (value === 2 ? '2: nobody may' : `${value}: only some users may`);
  const reason = `the balancer does without io_uring, and takes more processor time: ${why}`;
  const remedy = `sudo sysctl -w ${name}=0 and restart the balancer; or say proxy.io: net, to be at peace`;
  return [warn(name, reason, remedy)];
}

function notThere(name: string): Finding {
  return unknown(name, 'it cannot be read here', 'look at it on the host itself');
}

/** Interfaces of the default routes, out of /proc/net/route. Pure. */
export function defaultRoutesOf(table: string): readonly string[] {
  const lines = table.split('\n').slice(1);
  const found = lines.flatMap((line) => {
    const [device, destination, , , , , , mask] = line.split('\t');
    return device !== undefined && destination === '00000000' && mask === '00000000'
      ? [device]
      : [];
  });
  return [...new Set(found)];
}

function localPortRange(): NetworkFacts['localPorts'] {
  const text = textOf('/proc/sys/net/ipv4/ip_local_port_range');
  const [first, last] = (text ?? '').trim().split(/\s+/).map(Number);
  return first === undefined || last === undefined || text === null ? null : [first, last];
}

/** See the file's comment. */
export const sysctls: Family = {
  name: 'sysctls',
  async examine(subject) {
    const defaultRoutes = defaultRoutesOf(textOf('/proc/net/route') ?? '');
    return judgeSysctls(subject, sysctl, { defaultRoutes, localPorts: localPortRange() });
  },
};
