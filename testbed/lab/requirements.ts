/**
 * What the lab needs from the machine, and what to say when something is missing. Checked before
 * anything is started, so that a stranger reads one clear line instead of a stack trace.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Administrator tools live in sbin, which an ordinary user's PATH often lacks. */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** CAP_SYS_ADMIN: without it even root needs a user namespace to make the others. */
const CAP_SYS_ADMIN = 1n << 21n;

/** `PATH` with the sbin folders in it, for every process of the lab. */
export function labPath(path: string = process.env.PATH ?? ''): string {
  const folders = path.split(':').filter((folder) => folder !== '');
  return [...folders, ...SBIN.filter((folder) => !folders.includes(folder))].join(':');
}

/** Where a program is on the lab's PATH; null when it is not installed. */
export function findProgram(name: string): string | null {
  for (const folder of labPath().split(':')) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** True when this process may create namespaces without a user namespace around them. */
export function mayUnshareAsRoot(): boolean {
  const status = readFileSync('/proc/self/status', 'utf8');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return process.getuid?.() === 0 && (BigInt(`0x${effective}`) & CAP_SYS_ADMIN) !== 0n;
}

/**
 * True when root here is root of the machine: inside a user namespace root has one user only and no
 * real-time priority.
 */
export function isRealRoot(): boolean {
  const [inside, outside, count] = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/);
  return process.getuid?.() === 0 && inside === '0' && outside === '0' && Number(count) > 1;
}

/**
 * Whether tests must be left out because this machine lacks a program; says which tests and why.
 * With `root` they need root of the machine as well ({@link isRealRoot}).
 */
export function lacks(what: string, programs: readonly string[], root?: 'root'): boolean {
  const missing: string[] = programs.filter((name) => findProgram(name) === null);
  if (root !== undefined && !isRealRoot()) missing.push('root');
  if (missing.length > 0) console.warn(`${what}: skipped for want of ${missing.join(', ')}`);
  return missing.length > 0;
}

/** Arguments of `unshare` that make the lab's outer namespaces, for who is asking. */
export function unshareFlags(asRoot: boolean): readonly string[] {
  const userNamespace = asRoot ? [] : ['--user', '--map-root-user'];
  return [...userNamespace, '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
}

/**
 * One sentence per thing that is missing, each naming the remedy; empty when the lab can run.
 * Asks the kernel itself (a trial `unshare`), because every distribution forbids it differently.
 */
export function missingForLab(): readonly string[] {
  if (process.platform !== 'linux') {
    return [`the lab is made of Linux network namespaces and this is ${process.platform}`];
  }
  const programs: readonly (readonly [string, string])[] = [
    ['unshare', 'util-linux'],
    ['setpriv', 'util-linux'],
    ['nsenter', 'util-linux'],
    ['chrt', 'util-linux'],
    ['mount', 'mount'],
    ['ip', 'iproute2'],
  ];
  const missing = programs
    .filter(([program]) => findProgram(program) === null)
    .map(([program, name]) => `\`${program}\` is not installed (apt-get install ${name})`);
  if (missing.length > 0) return missing;
  const asRoot = mayUnshareAsRoot();
  const trial = spawnSync('unshare', [...unshareFlags(asRoot), 'ip', 'link', 'set', 'lo', 'up'], {
    env: { ...process.env, PATH: labPath() },
    encoding: 'utf8',
  });
  return trial.status === 0 ? [] : [whyUnshareFailed(asRoot, trial.stderr.trim())];
}

/** Shared libraries that the agent wants: the kernel's lease on the address is set up through them. */
const LIBRARIES: readonly (readonly [string, string])[] = [['libnftables.so.1', 'libnftables1']];

/** One sentence per shared library that the dynamic linker does not know; empty when all are there. */
export function missingLibraries(): readonly string[] {
  const { stdout } = spawnSync('ldconfig', ['-p'], {
    env: { ...process.env, PATH: labPath() },
    encoding: 'utf8',
  });
  return LIBRARIES.filter(([file]) => !stdout?.includes(`${file} `)).map(
    ([file, name]) => `${file} is not installed (apt-get install ${name})`,
  );
}

function whyUnshareFailed(asRoot: boolean, message: string): string {
  if (asRoot) return `root may not create namespaces here (a container?): ${message}`;
  if (readSysctl('/proc/sys/kernel/unprivileged_userns_clone') === '0') {
    return 'unprivileged user namespaces are off (sysctl kernel.unprivileged_userns_clone=1)';
  }
  if (readSysctl('/proc/sys/user/max_user_namespaces') === '0') {
    return 'user namespaces are off (sysctl user.max_user_namespaces=15000)';
  }
  if (readSysctl('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return (
      'AppArmor forbids unprivileged user namespaces ' +
      '(sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run as root)'
    );
  }
  return `user namespaces with their own network are not possible here: ${message}`;
}

function readSysctl(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}
