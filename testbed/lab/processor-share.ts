/**
 * Who of the lab gets the processors. In life each host has its own; here they share this machine's, and
 * the kernel shares them out between sessions first (autogroup, sched(7)), of which each program of the
 * lab has one. Where root does not allow it everything runs as usual.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, setPriority } from 'node:os';

/** Niceness of what is to go before the rest, and after it. */
const FIRST = -10;
const LAST = 19;

/** How often a program that boots is looked at for what it has started. */
const LOOK_EVERY_MS = 5;

/**
 * Words to put before the command line of a program that boots: of several processors it gets the last
 * one only, so that one is left to those who serve, whatever priority it asks the kernel for.
 */
export function onOneProcessor(): readonly string[] {
  const count = availableParallelism();
  return count < 2 ? [] : ['taskset', '--cpu-list', `${count - 1}`];
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

  /** From now on it goes before the others. */
  over(): void {
    clearInterval(this.#timer);
    for (const pid of this.#pids) prefer(pid);
  }

  /** Gives it all processors; takes a while, in which it had better not be needed. */
  spread(): void {
    const all = `0-${availableParallelism() - 1}`;
    for (const pid of this.#pids) {
      spawn('taskset', ['--all-tasks', '--cpu-list', '--pid', all, `${pid}`], { stdio: 'ignore' });
    }
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
  }
}

function shareOf(pid: number, niceness: number): void {
  const file = `/proc/${pid}/autogroup`;
  if (existsSync(file)) writeFileSync(file, `${niceness}`);
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
