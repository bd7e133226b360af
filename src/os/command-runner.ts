/**
 * Runs commands of the config (health scripts, health checks): without a shell, in a process group of
 * their own, with nothing of this process's rights, and never longer than they are given.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { clearAmbientCapabilities, forbidNewPrivileges } from './capabilities.ts';
import { checkCommandFile } from './command-file.ts';
import { type CommandUser, commandUser } from './command-user.ts';

/** Kept of a command's output, standard output and error together, bytes; the rest is discarded. */
const OUTPUT_BYTES_MAX = 4_096;
/** After the command's end its output is read this much longer, ms: a stray child may hold the pipe. */
const OUTPUT_GRACE_MS = 100;
/** A killed command that waits in the kernel (for a dead file server, say) is given up after this, ms. */
const KILL_GRACE_MS = 1_000;
/** So many may be given up and still there; before one of them ends, none is started. */
const GIVEN_UP_MAX = 16;
/** All that a command inherits; secrets in our environment are none of its business. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
} as const;

/** How a command ended. */
export interface CommandOutcome {
  /** It ended in time with exit status 0. */
  readonly passed: boolean;
  /** What it said, or why it could not be run or was killed. */
  readonly output: string;
  readonly durationMs: number;
  /** The system's word for why it could not be started; null: it was, or was refused by us. */
  readonly errno: string | null;
}

/** How a process ended. */
interface End {
  readonly passed: boolean;
  /** Why it did not end by itself; empty when it did. */
  readonly words: string;
  /** Exit status; null when it did not end by itself. */
  readonly status: number | null;
  readonly errno: string | null;
}

/** Runs one command to its end. */
export interface CommandRunner {
  run(
    command: readonly string[],
    timeoutMs: number,
    /** Added to what every command finds in its environment. */
    environment?: Readonly<Record<string, string>>,
  ): Promise<CommandOutcome>;
  /** Kills what still runs; what is started later fails. */
  close(): void;
}

/** Whose commands they are, for messages. */
export interface CommandOwner {
  /** What kind of command, in the plural: `health scripts`. */
  readonly commands: string;
  /** Who runs them: `the agent`. */
  readonly process: string;
  /** Told when they keep privileges, because this host does not let us take them away. */
  warn(fields: object, message: string): void;
}

/**
 * The runner on real processes. What it starts has no capability and gets none: it empties the
 * ambient set of this thread and forbids it new privileges, and where this process is root, commands
 * run as another user, see `commandUser`. The process keeps its own rights. Real-time priority is not
 * inherited either (the scheduler's reset-on-fork flag).
 */
export function createCommandRunner(owner: CommandOwner): CommandRunner {
  try {
    clearAmbientCapabilities();
    forbidNewPrivileges();
    return new ProcessRunner(owner, commandUser());
  } catch (error) {
    owner.warn({ err: error }, `${owner.commands} keep privileges: ${(error as Error).message}`);
    return new ProcessRunner(owner, null);
  }
}

class ProcessRunner implements CommandRunner {
  readonly #owner: CommandOwner;
  readonly #running = new Set<ChildProcess>();
  /** Null: the user of this process. */
  readonly #user: CommandUser | null;
  #closed = false;
  /** Commands that were killed and have not ended. */
  #givenUp = 0;

  constructor(owner: CommandOwner, user: CommandUser | null) {
    this.#owner = owner;
    this.#user = user;
  }

  async run(
    command: readonly string[],
    timeoutMs: number,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<CommandOutcome> {
    const startedAt = performance.now();
    const elapsed = () => performance.now() - startedAt;
    const [program = '', ...args] = command;
    const file = await checkCommandFile(
      program,
      ENVIRONMENT.PATH,
      this.#user,
      this.#owner.commands,
    );
    if (!file.ok || this.#closed) {
      const output = file.ok ? `${this.#owner.process} is stopping` : file.reason;
      return { passed: false, output, durationMs: elapsed(), errno: null };
    }
    if (this.#givenUp >= GIVEN_UP_MAX) {
      const output = `not run: ${this.#givenUp} ${this.#owner.commands} were killed and do not end`;
      return { passed: false, output, durationMs: elapsed(), errno: null };
    }
    const child = spawn(file.path, args, {
      argv0: program,
      cwd: '/',
      env: { ...environment, ...ENVIRONMENT },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A session and group of its own, so that whatever it starts can be killed with it.
      detached: true,
      // Together these also clear the supplementary groups.
      ...(this.#user && { uid: this.#user.uid, gid: this.#user.gid }),
    });
    this.#running.add(child);
    const output = new BoundedOutput(child.stdout, child.stderr);
    const end = await this.#end(child, timeoutMs);
    this.#running.delete(child);
    const text = output.text();
    const silent = text === '' && end.status !== 0 ? `exit status ${end.status}` : text;
    return {
      passed: end.passed,
      output: end.words === '' ? silent : [text, end.words].filter(Boolean).join('\n'),
      durationMs: elapsed(),
      errno: end.errno,
    };
  }

  close(): void {
    this.#closed = true;
    for (const child of this.#running) {
      killGroup(child);
    }
  }

  #end(child: ChildProcess, timeoutMs: number): Promise<End> {
    return new Promise((resolve) => {
      let timedOut = false;
      const giveUp = () => {
        this.#givenUp++;
        child.once('exit', () => this.#givenUp--);
        const words = `killed after ${timeoutMs} ms, and does not end`;
        resolve({ passed: false, words, status: null, errno: null });
      };
      let timer = setTimeout(() => {
        timedOut = true;
        killGroup(child);
        timer = setTimeout(giveUp, KILL_GRACE_MS);
      }, timeoutMs);
      child.once('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        const { message, code = null } = error;
        resolve({ passed: false, words: message, status: null, errno: code });
      });
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        // Whatever it left running would pile up, run after run.
        killGroup(child);
        const words = timedOut ? `killed after ${timeoutMs} ms` : `killed by ${signal}`;
        const grace = setTimeout(() => finish(), OUTPUT_GRACE_MS);
        const finish = () => {
          clearTimeout(grace);
          child.stdout?.destroy();
          child.stderr?.destroy();
          const cut = timedOut || code === null;
          const status = cut ? null : code;
          resolve({ passed: status === 0, words: cut ? words : '', status, errno: null });
        };
        child.once('close', finish);
      });
    });
  }
}

/** Reads both streams to their ends, so that a talkative command never blocks, and keeps a part. */
class BoundedOutput {
  readonly #kept: Buffer[] = [];
  #bytes = 0;

  /** A process that could not be started for want of descriptors has no streams. */
  constructor(...streams: (Readable | null | undefined)[]) {
    for (const stream of streams) {
      stream?.on('data', (data: Buffer) => this.#add(data));
      stream?.on('error', () => {});
    }
  }

  #add(data: Buffer): void {
    const part = data.subarray(0, OUTPUT_BYTES_MAX - this.#bytes);
    if (part.length > 0) {
      this.#kept.push(Buffer.from(part));
      this.#bytes += part.length;
    }
  }

  text(): string {
    return Buffer.concat(this.#kept).toString('utf8').trimEnd();
  }
}

/** SIGKILL to the command and everything it started, unless they left its group. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) {
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // ESRCH: nobody is left.
  }
}
