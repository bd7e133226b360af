/** Whom `tandem doctor` examines: a config, the node of it that this host is, and what runs of it here. */
import type { EffectiveConfig } from '../config/index.ts';
import type { AgentReport } from '../control/agent-report.ts';
import type { BalancerReport } from '../control/balancer-report.ts';
import type { CapabilityName } from '../os/capabilities.ts';
import type { Finding } from './finding.ts';

/** The two halves, as operators call them. */
export type HalfName = 'agent' | 'balancer';

/** What a process may do, and where that is known from. */
export interface Rights {
  /** The process that runs, the package's unit, or whoever runs the doctor. */
  readonly from: 'process' | 'unit' | 'user';
  /** RLIMIT_NOFILE. */
  readonly openFiles: number;
  /** RLIMIT_MEMLOCK, bytes. */
  readonly lockedBytes: number;
  readonly capabilities: ReadonlySet<CapabilityName>;
}

/** A half on this host. `Report` is what it answers. */
export interface HalfHere<Report> {
  /** Null: it gave no answer. */
  readonly report: Report | null;
  /** Why it gave none; empty when it did. */
  readonly absent: string;
  /** `unknown`: this user may not ask. */
  readonly runs: 'yes' | 'no' | 'unknown';
  /** Null: not known. */
  readonly rights: Rights | null;
}

/** See the file's comment. */
export interface Subject {
  /** Path of the config. */
  readonly file: string;
  /** Null: it is wrong, and only the host itself can be looked at. */
  readonly config: EffectiveConfig | null;
  /** Null: none of them, or the file has none. */
  readonly node: string | null;
  readonly env: NodeJS.ProcessEnv;
  readonly agent: HalfHere<AgentReport>;
  readonly balancer: HalfHere<BalancerReport>;
  /** How long to listen to the LAN, ms; 0: not at all. */
  readonly listenMs: number;
}

/** One kind of check: reads the host, and judges what it read. */
export interface Family {
  /** Heading of its findings. */
  readonly name: string;
  examine(subject: Subject): Promise<readonly Finding[]>;
}

/** A virtual router as it concerns this host. */
export interface RouterHere {
  readonly name: string;
  readonly vrid: number;
  readonly interface: string;
  /** Canonical text. */
  readonly addresses: readonly string[];
  readonly families: readonly (4 | 6)[];
  readonly mode: 'plain' | 'vmac';
  /** UDP 3784 is needed. */
  readonly bfd: boolean;
}

/** The routers of the node that this host is; none when it is no node. */
export function routersHere({ config, node }: Pick<Subject, 'config' | 'node'>): RouterHere[] {
  if (config === null || node === null) return [];
  return Object.entries(config.virtual_routers).flatMap(([name, router]) => {
    const device = router.interface[node];
    if (device === undefined || device === '') return [];
    const addresses = router.addresses.map(({ address }) => address);
    const families = new Set(addresses.map((one): 4 | 6 => (one.includes(':') ? 6 : 4)));
    return [
      {
        name,
        vrid: router.vrid,
        interface: device,
        addresses,
        families: [...families],
        mode: router.mode,
        bfd: router.bfd !== undefined,
      },
    ];
  });
}

/** Addresses of the other nodes that adverts may come from, as the file has them; canonical text. */
export function peerAddresses({ config, node }: Pick<Subject, 'config' | 'node'>): string[] {
  const others = Object.entries(config?.nodes ?? {}).filter(([name]) => name !== node);
  return others.flatMap(([, { address, pair_addresses = [] }]) => [
    ...(address === undefined ? [] : [address]),
    ...pair_addresses,
  ]);
}
