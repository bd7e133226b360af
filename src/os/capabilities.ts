/** Capabilities of this process (capabilities(7)). Reading them loads no native code. */
import { readFileSync } from 'node:fs';
import { check, libc } from './libc.ts';

/** In the kernel's numbering. */
const NAMES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
] as const;

export type CapabilityName = (typeof NAMES)[number];

const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;

/**
 * Names in a `/proc/PID/status` text's line, e.g. `CapEff`. Bits without a name (a newer kernel's)
 * are left out. Throws an Error when there is no such line.
 */
export function capabilitiesIn(status: string, line: string): ReadonlySet<CapabilityName> {
  const hex = new RegExp(`^${line}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1];
  if (hex === undefined) {
    throw new Error(`/proc/self/status has no line ${line}`);
  }
  const bits = BigInt(`0x${hex}`);
  return new Set(NAMES.filter((_, bit) => ((bits >> BigInt(bit)) & 1n) === 1n));
}

/** What this process may do now. */
export function effectiveCapabilities(): ReadonlySet<CapabilityName> {
  return capabilitiesIn(readFileSync('/proc/self/status', 'utf8'), 'CapEff');
}

/**
 * Empties the ambient set of the calling thread: what it executes from now on gets no capability
 * of this (unprivileged) process, which keeps its own. Node starts children from the thread that
 * asks, so call it there. Throws OsError.
 */
export function clearAmbientCapabilities(): void {
  const result = libc().prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  check(result, 'prctl', 'PR_CAP_AMBIENT_CLEAR_ALL');
}

/**
 * What the calling thread executes from now on gains no rights by executing (set-user-ID programs,
 * file capabilities; prctl(2), PR_SET_NO_NEW_PRIVS). It cannot be undone. Throws OsError.
 */
export function forbidNewPrivileges(): void {
  check(libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'prctl', 'PR_SET_NO_NEW_PRIVS');
}
