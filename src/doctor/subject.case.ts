/** A host to judge, for the tests of the doctor. */
import { checkSource } from '../config/check.ts';
import { sourceFromBytes } from '../config/source.ts';
import type { CapabilityName } from '../os/capabilities.ts';
import type { Finding } from './finding.ts';
import type { HalfHere, Rights, Subject } from './subject.ts';

/** A pair with one router of both families, HTTP and UDP listeners, `pair` and BFD. */
export const PAIR = `
nodes:
  edge-a: { address: 198.51.100.11, priority: 200, pair_addresses: [203.0.113.1] }
  edge-b: { address: 198.51.100.12, priority: 100, pair_addresses: [203.0.113.2] }
pair: { secret: env:PAIR_SECRET }
virtual_routers:
  web:
    vrid: 51
    interface: eth0
    addresses: [198.51.100.100/24, "2001:db8::100/64"]
    bfd: { interval: 100ms }
    track: { proxy: true }
upstreams: { api: { servers: [{ address: 198.51.100.21:80 }] } }
listeners:
  http:
    bind: ["0.0.0.0:80", "[::]:80"]
    protocol: http
    limits: { connections: 1000 }
    routes: [{ upstream: api }]
  dns: { bind: "198.51.100.100:53", protocol: udp, upstream: api, limits: { sessions: 500 } }
admin: { bind: "127.0.0.1:9180" }
proxy: { workers: 2 }
`;

/** What a process may do that may do everything. */
export function rights(change: Partial<Rights> = {}): Rights {
  const all: CapabilityName[] = [
    ...(['CAP_NET_ADMIN', 'CAP_NET_RAW'] as const),
    ...(['CAP_SYS_NICE', 'CAP_NET_BIND_SERVICE'] as const),
  ];
  return {
    from: 'unit',
    openFiles: 1_048_576,
    lockedBytes: 512 * 1024 * 1024,
    capabilities: new Set(all),
    ...change,
  };
}

/** A half that does not run. */
export const stopped: HalfHere<never> = {
  report: null,
  absent: 'not running (/run/tandem/x.sock)',
  runs: 'no',
  rights: rights(),
};

/** A half that runs, and answers this much. */
export function running<Report>(report: object): HalfHere<Report> {
  const known = { version: '0.1.0', pid: 7, ...report } as Report;
  return { report: known, absent: '', runs: 'yes', rights: rights({ from: 'process' }) };
}

/** Of a config's text; nothing runs unless `change` says so. */
export function subjectOf(text: string = PAIR, change: Partial<Subject> = {}): Subject {
  const checked = checkSource(sourceFromBytes('tandem.yaml', Buffer.from(text)));
  if (checked.config === null) throw new Error(checked.problems.map((p) => p.message).join('\n'));
  return {
    file: 'tandem.yaml',
    config: checked.config,
    node: 'edge-a' in checked.config.nodes ? 'edge-a' : null,
    env: { TANDEM_RUNTIME_DIR: '/run/tandem' },
    agent: stopped,
    balancer: stopped,
    listenMs: 3_000,
    ...change,
  };
}

/** Verdicts with what they are about, in one line each. */
export function told(findings: readonly Finding[]): string[] {
  return findings.map(({ verdict, what, reason }) => `${verdict} ${what}: ${reason}`);
}

/** Those that are not ok. */
export function faults(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ verdict }) => verdict !== 'ok');
}
