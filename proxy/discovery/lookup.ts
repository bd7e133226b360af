/**
 * Look-ups as they are really made: the hosts file first, then the name servers, one after the other.
 * Node's resolver (c-ares) speaks DNS, UDP and TCP; it gives the TTL of A and AAAA records, and none
 * of SRV records, which therefore count as long as the addresses of their targets.
 */
import { Resolver } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import type { BindAddress, ResolverConfig } from '../../src/config/proxy-config.ts';
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import { serverAddress } from '../upstream/identity.ts';
import type { Absence, Answer, LookupFault, Outcome, Question, SrvRecord } from './answer.ts';
import { type HostsTable, hostsAddresses, parseHosts } from './hosts-file.ts';
import {
  HOSTS_BYTES_MAX,
  HOSTS_TTL_MS,
  LOOKUP_ROUNDS,
  RESOLV_CONF_BYTES_MAX,
  SRV_TARGETS_MAX,
} from './limits.ts';
import { candidateNames, parseResolvConf, type ResolvConf } from './resolv-conf.ts';
import { TextFile } from './text-file.ts';

/** Finds out what a name stands for. */
export interface Lookup {
  /** Never rejects. Takes no longer than the name servers' timeouts together. */
  ask(question: Question): Promise<Answer>;
  /** Ends all look-ups under way. */
  stop(): void;
}

type Family = 'ipv4' | 'ipv6';

/** Where a host keeps what it knows; tests have files of their own. */
export interface LookupSources {
  readonly hosts: string;
  readonly resolvConf: string;
  /** Families that count where the config says `any`. */
  readonly families: () => readonly Family[];
}

const BOTH: readonly Family[] = ['ipv4', 'ipv6'];

const SYSTEM: LookupSources = {
  hosts: '/etc/hosts',
  resolvConf: '/etc/resolv.conf',
  families: () => {
    try {
      return familiesOf(networkInterfaces());
    } catch {
      // A sandbox without netlink keeps that from us.
      return BOTH;
    }
  },
};

/** The C library's own choice where /etc/resolv.conf names no server. */
const LOCAL_SERVER = '127.0.0.1';
const DNS_PORT = 53;

/** What c-ares says, in the words of `Outcome`. */
const ABSENCES: Readonly<Record<string, Absence>> = { ENOTFOUND: 'nxdomain', ENODATA: 'nodata' };
const FAULTS: Readonly<Record<string, LookupFault>> = {
  ESERVFAIL: 'servfail',
  EREFUSED: 'refused',
  ETIMEOUT: 'timeout',
  ECANCELLED: 'timeout',
  ECONNREFUSED: 'unreachable',
};

/** What one look-up goes by. */
interface Sources {
  readonly hosts: HostsTable;
  readonly servers: readonly BindAddress[];
  readonly completion: Pick<ResolvConf, 'search' | 'ndots'>;
  readonly families: readonly Family[];
}

/** One question to one name server. */
type Query<Record> = (resolver: Resolver) => Promise<readonly Record[]>;

interface AddressRecord {
  readonly address: string;
  /** Seconds. */
  readonly ttl: number;
}

/** Asks the hosts file and the name servers of the config, or the system's. */
export class SystemLookup implements Lookup {
  readonly #config: ResolverConfig;
  readonly #families: () => readonly Family[];
  readonly #hosts: TextFile<HostsTable>;
  readonly #resolvConf: TextFile<ResolvConf>;
  readonly #active = new Set<Resolver>();
  #stopped = false;

  constructor(config: ResolverConfig, sources: LookupSources = SYSTEM) {
    this.#config = config;
    this.#families = sources.families;
    this.#hosts = new TextFile(sources.hosts, HOSTS_BYTES_MAX, parseHosts);
    this.#resolvConf = new TextFile(sources.resolvConf, RESOLV_CONF_BYTES_MAX, parseResolvConf);
  }

  async ask({ kind, name }: Question): Promise<Answer> {
    const sources = await this.#sources();
    return kind === 'srv' ? this.#services(name, sources) : this.#host(name, null, sources);
  }

  stop(): void {
    this.#stopped = true;
    for (const resolver of this.#active) resolver.cancel();
  }

  /** Read for every look-up: both files change while we run (DHCP, VPNs, containers). */
  async #sources(): Promise<Sources> {
    const { servers, search, family } = this.#config;
    const [hosts, system] = await Promise.all([this.#hosts.read(), this.#resolvConf.read()]);
    const found = system.servers.length === 0 ? [LOCAL_SERVER] : system.servers;
    return {
      hosts,
      servers: servers.length > 0 ? servers : found.map((host) => ({ host, port: DNS_PORT })),
      completion: search === null ? system : { search, ndots: 1 },
      families: family === 'any' ? this.#families() : [family],
    };
  }

  async #services(name: string, sources: Sources): Promise<Answer> {
    const outcome = await this.#query(sources, `SRV ${name}`, (resolver) =>
      resolver.resolveSrv(name),
    );
    if (outcome.kind !== 'found') return outcome;
    const records = outcome.records
      .map(({ name: target, port, priority, weight }): SrvRecord => {
        return { target: target.toLowerCase().replace(/\.$/, ''), port, priority, weight };
      })
      // RFC 2782: "." says that the service is decidedly not available.
      .filter(({ target, port }) => target !== '' && port > 0)
      .sort((left, right) => left.priority - right.priority || right.weight - left.weight)
      .slice(0, SRV_TARGETS_MAX);
    if (records.length === 0) return { kind: 'absent', why: 'nodata' };
    const targets = await Promise.all(
      records.map(async (srv) => {
        const host = await this.#host(srv.target, srv, sources, NO_COMPLETION);
        return host.kind === 'found' ? host.records : [{ host: srv.target, srv, ...missing(host) }];
      }),
    );
    return { kind: 'found', records: targets.flat(), ttlMs: Number.POSITIVE_INFINITY };
  }

  /** The addresses of one host; of the names it may be completed to, the first that exists. */
  async #host(
    name: string,
    srv: SrvRecord | null,
    sources: Sources,
    completion = sources.completion,
  ): Promise<Answer> {
    const known = hostsAddresses(sources.hosts, name);
    if (known !== null) return found(name, srv, this.#fromHosts(known));
    let absent: Answer = { kind: 'absent', why: 'nxdomain' };
    for (const candidate of candidateNames(name, completion)) {
      const [ipv4, ipv6] = await Promise.all([
        this.#addresses(candidate, 'ipv4', sources),
        this.#addresses(candidate, 'ipv6', sources),
      ]);
      if (ipv4.kind !== 'absent' || ipv6.kind !== 'absent') return found(name, srv, { ipv4, ipv6 });
      if (ipv4.why === 'nodata' || ipv6.why === 'nodata')
        absent = { kind: 'absent', why: 'nodata' };
    }
    return absent;
  }

  #fromHosts(known: readonly string[]) {
    const { family } = this.#config;
    const of = (wanted: Family): Outcome<readonly string[]> => {
      const records = known.filter((one) => one.includes(':') === (wanted === 'ipv6'));
      const counts = family === 'any' || family === wanted;
      if (records.length === 0 || !counts) return { kind: 'absent', why: 'nodata' };
      return { kind: 'found', records, ttlMs: HOSTS_TTL_MS };
    };
    return { ipv4: of('ipv4'), ipv6: of('ipv6') };
  }

  async #addresses(
    name: string,
    family: Family,
    sources: Sources,
  ): Promise<Outcome<readonly string[]>> {
    if (!sources.families.includes(family)) return { kind: 'absent', why: 'nxdomain' };
    const type = family === 'ipv4' ? 'A' : 'AAAA';
    const outcome = await this.#query<AddressRecord>(sources, `${type} ${name}`, (resolver) =>
      family === 'ipv4'
        ? resolver.resolve4(name, { ttl: true })
        : resolver.resolve6(name, { ttl: true }),
    );
    return outcome.kind === 'found' ? usable(outcome.records, name) : outcome;
  }

  /** Asks one name server after the other until one has an answer, and all again if one was late. */
  async #query<Record>(
    { servers }: Sources,
    what: string,
    query: Query<Record>,
  ): Promise<Outcome<readonly Record[]>> {
    let failures: { why: LookupFault; text: string }[] = [];
    for (let round = 0; round < LOOKUP_ROUNDS && !this.#stopped; round++) {
      failures = [];
      for (const server of servers) {
        const outcome = await this.#queryServer(server, query);
        if (outcome.kind !== 'failed') return outcome;
        failures.push({ why: outcome.why, text: `${serverAddress(server)} ${outcome.detail}` });
        if (this.#stopped) break;
      }
      // A packet may be lost; who answered with an error will do so again.
      if (!failures.some(({ why }) => why === 'timeout')) break;
    }
    const detail = `${what}: ${failures.map(({ text }) => text).join(', ')}`;
    return { kind: 'failed', why: failures[0]?.why ?? 'timeout', detail };
  }

  async #queryServer<Record>(
    server: BindAddress,
    query: Query<Record>,
  ): Promise<Outcome<readonly Record[]>> {
    const { timeoutMs } = this.#config;
    // Fresh every time: c-ares remembers of a server how slow it was, and what it answered.
    const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
    const timer = setTimeout(() => resolver.cancel(), timeoutMs);
    this.#active.add(resolver);
    try {
      resolver.setServers([serverAddress(server)]);
      return { kind: 'found', records: await query(resolver), ttlMs: 0 };
    } catch (error) {
      return outcomeOf(error as NodeJS.ErrnoException);
    } finally {
      clearTimeout(timer);
      this.#active.delete(resolver);
    }
  }
}

const NO_COMPLETION = { search: [], ndots: 1 };

function found(
  host: string,
  srv: SrvRecord | null,
  addresses: { ipv4: Outcome<readonly string[]>; ipv6: Outcome<readonly string[]> },
): Answer {
  return {
    kind: 'found',
    records: [{ host, srv, addresses }],
    ttlMs: Number.POSITIVE_INFINITY,
  };
}

function missing(outcome: Exclude<Answer, { kind: 'found' }>) {
  return { addresses: { ipv4: outcome, ipv6: outcome } };
}

function outcomeOf({ code = '', message }: NodeJS.ErrnoException): Outcome<never> {
  const absence = ABSENCES[code];
  if (absence !== undefined) return { kind: 'absent', why: absence };
  const why = FAULTS[code] ?? 'malformed';
  return { kind: 'failed', why, detail: why === 'malformed' ? code || message : why };
}

/** Without what is no address of a host; blocking name servers answer 0.0.0.0, which is ourselves. */
function usable(records: readonly AddressRecord[], name: string): Outcome<readonly string[]> {
  const addresses = records.flatMap(({ address }) => {
    const bytes = parseIp(address);
    return bytes === null || !isHost(bytes) ? [] : [formatIp(bytes)];
  });
  if (addresses.length > 0) {
    const ttlMs = Math.min(...records.map(({ ttl }) => ttl)) * 1000;
    return { kind: 'found', records: addresses, ttlMs };
  }
  if (records.length === 0) return { kind: 'absent', why: 'nodata' };
  const detail = `${name} is ${records[0]!.address}, which is not the address of a host`;
  return { kind: 'failed', why: 'malformed', detail };
}

function isHost(bytes: Uint8Array): boolean {
  if (bytes.length === 4) return bytes[0] !== 0 && bytes[0]! < 224;
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff;
  return bytes[0] !== 0xff && !mapped && bytes.some((byte) => byte !== 0);
}

type Interfaces = Readonly<ReturnType<typeof networkInterfaces>>;

/**
 * Families that this host has an address of, as for AI_ADDRCONFIG of RFC 3493: loopback and
 * link-local ones do not count. Both when it has none at all.
 */
export function familiesOf(interfaces: Interfaces): readonly Family[] {
  const families = new Set<Family>();
  for (const { family, internal, address } of Object.values(interfaces).flatMap(
    (all) => all ?? [],
  )) {
    if (internal || /^fe[89ab]/.test(address)) continue;
    families.add(family === 'IPv4' ? 'ipv4' : 'ipv6');
  }
  return families.size === 0 ? BOTH : [...families];
}
