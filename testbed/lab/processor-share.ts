/**
 * Who of the lab gets the processors. In life each host has its own; here they share this machine's, and
 * the kernel shares them out between sessions first (autogroup, sched(7)), of which each program of the
 * lab has one. Where root does not allow it everything runs as usual.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, setPriority } from 'node:os';
import { openLibrary } from '../../src/os/native.ts';

/** Niceness of what is to go before the rest, and after it. */
const FIRST = -10;
const LAST = 19;

/** `cpu_set_t`; a bit for each. The kernel leaves out what there is not. */
const ALL_PROCESSORS = new Uint8Array(128).fill(0xff);

/** The one that a host has while it boots; null where there is but one. */
const BOOT_PROCESSOR = availableParallelism() < 2 ? null : availableParallelism() - 1;

/** Policies of sched(7): what is as usual, and what gives way the moment anything else wants to run. */
const SCHED_OTHER = 0;
const SCHED_IDLE = 5;
/** `struct sched_param`: neither has a priority. */
const NO_PRIORITY = new Uint8Array(4);

/** By calls of our own: a program started for it would take more from those who serve. */
const open = () => {
  const libc = openLibrary('libc.so.6', 'Tandem needs glibc');
  return {
    setAffinity: libc.func('int sched_setaffinity(int pid, size_t length, const void *mask)'),
    policyOf: libc.func('int sched_getscheduler(int pid)'),
    setPolicy: libc.func('int sched_setscheduler(int pid, int policy, const void *param)'),
  };
};
let opened: ReturnType<typeof open> | undefined;

function scheduler(): ReturnType<typeof open> {
  opened ??= open();
  return opened;
}

/** How often a program that boots is looked at for what it has started. */
const LOOK_EVERY_MS = 5;

/**
 * Words to put before the command line of a program that boots: of several processors it gets the last
 * one only, so that one is left to those who serve, whatever priority it asks the kernel for.
 */
export function onOneProcessor(): readonly string[] {
  return BOOT_PROCESSOR === null ? [] : ['taskset', '--cpu-list', `${BOOT_PROCESSOR}`];
}

/** It and its session go before the others. */
export function prefer(pid: number): void {
  try {
    setPriority(pid, FIRST);
    shareOf(pid, FIRST);
  } catch {
    // Not root, or it could not be started and its error event says so.
  }
}

/**
 * A program that boots, with all that it starts: it gives way to everything else, so that those who serve
 * meanwhile do not feel what a host of its own would not take from them.
 */
export class Boot {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  /** As they were found last. */
  #pids: readonly number[] = [];

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#giveWay(), LOOK_EVERY_MS).unref();
    this.#giveWay();
  }

  /** From now on it goes before the others, and what serves clients has all processors. */
  over(): void {
    clearInterval(this.#timer);
    for (const thread of this.#changePolicy(SCHED_IDLE, SCHED_OTHER)) giveAll(thread);
    for (const pid of this.#pids) prefer(pid);
  }

  /** All of it may run on all processors from now on, what runs in real time, too. */
  spread(): void {
    withDescendants(this.#pid).flatMap(threadsOf).forEach(giveAll);
  }

  /** What was started lately may have a session of its own since. */
  #giveWay(): void {
    this.#pids = withDescendants(this.#pid);
    if (this.#pids.length === 0) clearInterval(this.#timer);
    for (const pid of this.#pids) {
      try {
        shareOf(pid, LAST);
      } catch {
        // As above, or it has ended.
      }
    }
    this.#changePolicy(SCHED_OTHER, SCHED_IDLE);
  }

  /** Of its threads that have that one, which are returned: whoever asked the kernel for real time keeps it. */
  #changePolicy(from: number, to: number): readonly number[] {
    const { policyOf, setPolicy } = scheduler();
    const threads = this.#pids.flatMap(threadsOf).filter((thread) => policyOf(thread) === from);
    for (const thread of threads) setPolicy(thread, to, NO_PRIORITY);
    return threads;
  }
}

/** It may run on all processors from now on. */
function giveAll(thread: number): void {
  scheduler().setAffinity(thread, ALL_PROCESSORS.length, ALL_PROCESSORS);
}

function shareOf(pid: number, niceness: number): void {
  const file = `/proc/${pid}/autogroup`;
  if (existsSync(file)) writeFileSync(file, `${niceness}`);
}

/** Numbers of its threads; none when it has ended. */
function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

/** A living process and what its first thread started, as all of ours are. */
function withDescendants(pid: number): readonly number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    return [pid, ...children.filter(Boolean).map(Number).flatMap(withDescendants)];
  } catch {
    return [];
  }
}
