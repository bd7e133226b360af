/**
 * `node testbed/lab/enter.ts -- COMMAND...` runs a command in network, mount and process namespaces
 * of its own (and a user namespace when not root), so that hosts, links, addresses and processes made
 * inside live and die with it:
 *
 *     this process ── setpriv ⇒ unshare ── sh (process 1 of the namespace) ── COMMAND
 *        signals ─────────────────────────────────────────────────────────────┘
 *
 * `sh` is process 1 because a process 1 must reap the orphans of others, which Node does not. When
 * COMMAND ends, process 1 ends and the kernel kills whatever is left. When this process is killed,
 * the parent-death signal kills `unshare`, and `--kill-child` process 1 with it. COMMAND's status
 * comes back over descriptor 3: after a Ctrl-C `unshare` itself dies of the signal it held back.
 * Temporary files are in the mount namespace too, so that they go with it however COMMAND ends.
 * (The empty traps keep `sh` waiting for COMMAND; a command that it starts has none of them.)
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import type { Readable } from 'node:stream';
import { labPath, mayUnshareAsRoot, missingForLab, unshareFlags } from './requirements.ts';

/** Holds the identity of the process namespace it was set for, so a stale value is not believed. */
const MARK = 'TANDEM_LAB';

const FORWARDED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

const SETUP = `
set -e
mount -t tmpfs -o mode=0755 tandem-lab /run
mkdir /run/lab
mkdir -m 1777 /run/lab/tmp
export TMPDIR=/run/lab/tmp
ip link set lo up
export ${MARK}="$(readlink /proc/self/ns/pid)"
set +e
trap : INT QUIT TERM HUP
"$@" 3>&-
status=$?
echo "$status" >&3
exit "$status"
`;

/** True inside namespaces made by {@link enterLab}, in any process below them. */
export function insideLab(): boolean {
  return process.env[MARK] === readlinkSync('/proc/self/ns/pid');
}

/**
 * Runs `command` inside the lab's namespaces with this process's standard streams, forwards signals
 * to it, and resolves to its exit status (128 + n when signal n ended it). Already inside, it runs
 * the command directly. Throws an Error naming what the machine lacks.
 */
export async function enterLab(command: readonly [string, ...string[]]): Promise<number> {
  if (insideLab()) return run(command, (child) => child);
  const missing = missingForLab();
  if (missing.length > 0) throw new Error(`the lab cannot run here: ${missing.join('; ')}`);
  const outer = ['--pdeathsig', 'KILL', 'unshare', ...unshareFlags(mayUnshareAsRoot())];
  const inner = ['sh', '-c', SETUP, 'tandem-lab', ...command];
  return run(['setpriv', ...outer, ...inner], innermost);
}

function run(
  [program, ...args]: readonly [string, ...string[]],
  target: (child: number) => number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      env: { ...process.env, PATH: labPath() },
    });
    const handlers = FORWARDED.map((signal) => {
      const handler = () => {
        if (child.pid !== undefined && !terminalSent(signal))
          signalIfAlive(target(child.pid), signal);
      };
      process.on(signal, handler);
      return () => process.off(signal, handler);
    });
    const release = () => {
      for (const off of handlers) off();
    };
    child.on('error', (error) => {
      release();
      reject(error);
    });
    let reported = '';
    (child.stdio[3] as Readable).setEncoding('utf8').on('data', (text: string) => {
      reported += text;
    });
    child.on('close', (code, signal) => {
      release();
      const own = code ?? 128 + (signal === null ? 0 : osConstants.signals[signal]);
      resolve(reported === '' ? own : Number(reported));
    });
  });
}

/** Ctrl-C and Ctrl-\ reach the whole foreground group by themselves: forwarding would double them. */
function terminalSent(signal: NodeJS.Signals): boolean {
  if (signal !== 'SIGINT' && signal !== 'SIGQUIT') return false;
  const { group, terminalGroup } = readStat('self')!;
  return group === terminalGroup;
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The command: the oldest child of process 1, which is the only child of `unshare`. */
function innermost(unsharePid: number): number {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(name))
    .filter((stat) => stat !== null);
  const oldestChild = (parent: number) =>
    processes
      .filter((stat) => stat.parent === parent)
      .sort((left, right) => left.startTicks - right.startTicks || left.pid - right.pid)[0]?.pid;
  const init = oldestChild(unsharePid);
  return (init === undefined ? undefined : oldestChild(init)) ?? init ?? unsharePid;
}

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly terminalGroup: number;
  readonly startTicks: number;
}

/** Null when the process has just gone. See proc(5) for the columns. */
function readStat(pid: string): ProcessStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const columns = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return {
      pid: Number.parseInt(text, 10),
      parent: columns[1]!,
      group: columns[2]!,
      terminalGroup: columns[5]!,
      startTicks: columns[19]!,
    };
  } catch {
    return null;
  }
}

async function main(): Promise<void> {
  const [separator, ...command] = process.argv.slice(2);
  if (separator !== '--' || command[0] === undefined) {
    process.stderr.write('usage: node testbed/lab/enter.ts -- COMMAND...\n');
    process.exitCode = 2;
    return;
  }
  try {
    process.exitCode = await enterLab([command[0], ...command.slice(1)]);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 2;
  }
}

if (import.meta.main) await main();
