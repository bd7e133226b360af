/** Versions: of Tandem where it runs, of Node.js and OpenSSL, of the kernel and libnftables. */
import { release } from 'node:os';
import { nftablesMissing } from '../os/nftables.ts';
import { tandemVersion } from '../runtime/version.ts';
import { type Finding, ok, warn } from './finding.ts';
import type { Family, Subject } from './subject.ts';

/** The launcher refuses older ones; newer majors were never tried. */
const NODE_MAJOR = 26;
/** Chains that hook into what leaves an interface. */
const LEASE_KERNEL = [5, 16] as const;
const URING_KERNEL = [6, 1] as const;

/** What this installation and host have. */
export interface Installed {
  readonly tandem: string;
  readonly node: string;
  readonly openssl: string;
  /** As in `uname -r`. */
  readonly kernel: string;
  /** Why libnftables cannot be had; null: it can. */
  readonly nftablesMissing: string | null;
}

type Here = Pick<Subject, 'config' | 'node' | 'agent' | 'balancer'>;

/** Pure. */
export function judgeVersions(subject: Here, installed: Installed): Finding[] {
  const { agent, balancer } = subject;
  return [
    judgeNode(installed),
    judgeRunning('agent', 'tandem-keepalive', agent, installed.tandem),
    judgeRunning('balancer', 'tandem-proxy', balancer, installed.tandem),
    judgeKernel(subject, installed.kernel),
    ...judgeNftables(subject, installed.nftablesMissing),
  ];
}

function judgeNode({ node, openssl }: Installed): Finding {
  const what = 'Node.js';
  const found = `${node}, with OpenSSL ${openssl}`;
  if (Number.parseInt(node, 10) === NODE_MAJOR) return ok(what, found);
  const reason = `${found}: Tandem was tried with Node.js ${NODE_MAJOR} only`;
  return warn(what, reason, 'use the one of the package (/usr/lib/tandem/bin/node)');
}

function judgeRunning(
  half: string,
  unit: string,
  { runs, absent, report }: Here['agent'] | Here['balancer'],
  installed: string,
): Finding {
  const what = `Tandem, ${half}`;
  if (runs === 'no' || report === null) return ok(what, `${installed}; ${absent}`);
  if (report.version === installed) return ok(what, `${installed}, runs`);
  const reason = `${report.version ?? 'an older version'} runs, ${installed} is installed`;
  return warn(what, reason, `sudo tandem handover, then sudo systemctl restart ${unit}`);
}

function judgeKernel({ config, node }: Here, kernel: string): Finding {
  const what = 'kernel';
  const nodes = Object.keys(config?.nodes ?? {}).length;
  const pair = node !== null && nodes > 1 && Object.keys(config!.virtual_routers).length > 0;
  if (pair && isOlder(kernel, LEASE_KERNEL)) {
    const reason =
      `${kernel}; older than ${LEASE_KERNEL.join('.')}, so there is no lease: a host that is frozen or ` +
      'killed answers for its addresses for up to 2.5 s beside its successor';
    return warn(what, reason, 'a newer kernel');
  }
  if (config?.proxy.io !== 'net' && isOlder(kernel, URING_KERNEL)) {
    const reason = `${kernel}; older than ${URING_KERNEL.join('.')}: no io_uring, more processor time`;
    return warn(what, reason, 'a newer kernel, or proxy.io: net');
  }
  return ok(what, kernel);
}

function judgeNftables({ config }: Here, missing: string | null): Finding[] {
  if (Object.keys(config?.virtual_routers ?? {}).length === 0) return [];
  if (missing === null) return [ok('libnftables', 'is there')];
  const reason = `${missing}: no lease, and a planned switch breaks connections`;
  return [warn('libnftables', reason, 'Debian: sudo apt-get install libnftables1')];
}

function isOlder(kernel: string, [major, minor]: readonly [number, number]): boolean {
  const [found = 0, next = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  return found < major || (found === major && next < minor);
}

/** See the file's comment. */
export const versions: Family = {
  name: 'versions',
  async examine(subject) {
    const { node, openssl } = process.versions;
    const kernel = release();
    const missing = nftablesMissing();
    const tandem = tandemVersion();
    return judgeVersions(subject, { tandem, node, openssl, kernel, nftablesMissing: missing });
  },
};
