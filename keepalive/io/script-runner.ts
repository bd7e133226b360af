/**
 * Runs health scripts: without a shell, in a process group of their own, with nothing of this
 * process's rights, and never longer than they are given.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { clearAmbientCapabilities, forbidNewPrivileges } from '../../src/os/capabilities.ts';
import type { Logger, ScriptRunner } from '../ports.ts';
import { checkScriptFile } from './script-file.ts';
import { type ScriptUser, scriptUser } from './script-user.ts';

/** Kept of a script's output, standard output and error together, bytes; the rest is discarded. */
const OUTPUT_BYTES_MAX = 4_096;
/** After the script's end its output is read this much longer, ms: a stray child may hold the pipe. */
const OUTPUT_GRACE_MS = 100;
/** All that a script inherits; secrets in the agent's environment are none of its business. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
} as const;

type Outcome = Awaited<ReturnType<ScriptRunner['run']>>;

/**
 * The runner on real processes. What it starts has no capability and gets none: it empties the
 * ambient set of this thread and forbids it new privileges, and where this process is root, scripts
 * run as another user, see `scriptUser`. The agent keeps its own rights. Real-time priority is not
 * inherited either (the scheduler's reset-on-fork flag).
 */
export function createScriptRunner(log: Logger): ScriptRunner {
  try {
    clearAmbientCapabilities();
    forbidNewPrivileges();
    return new ProcessRunner(scriptUser());
  } catch (error) {
    log.warn({ err: error }, `health scripts keep privileges: ${(error as Error).message}`);
    return new ProcessRunner(null);
  }
}

class ProcessRunner implements ScriptRunner {
  readonly #running = new Set<ChildProcess>();
  /** Null: the user of this process. */
  readonly #user: ScriptUser | null;
  #closed = false;

  constructor(user: ScriptUser | null) {
    this.#user = user;
  }

  async run(
    command: readonly string[],
    timeoutMs: number,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    const startedAt = performance.now();
    const elapsed = () => performance.now() - startedAt;
    const [program = '', ...args] = command;
    const file = await checkScriptFile(program, ENVIRONMENT.PATH, this.#user);
    if (!file.ok || this.#closed) {
      const output = file.ok ? 'the agent is stopping' : file.reason;
      return { passed: false, output, durationMs: elapsed() };
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
    const silent = text === '' && end !== 0 ? `exit status ${end}` : text;
    return {
      passed: end === 0,
      output: typeof end === 'string' ? [text, end].filter(Boolean).join('\n') : silent,
      durationMs: elapsed(),
    };
  }

  close(): void {
    this.#closed = true;
    for (const child of this.#running) {
      killGroup(child);
    }
  }

  /** Exit status, or in words why there is none. */
  #end(child: ChildProcess, timeoutMs: number): Promise<number | string> {
    return new Promise((resolve) => {
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        killGroup(child);
      }, timeoutMs);
      child.once('error', (error) => {
        clearTimeout(timer);
        resolve(error.message);
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
          resolve(timedOut || code === null ? words : code);
        };
        child.once('close', finish);
      });
    });
  }
}

/** Reads both streams to their ends, so that a talkative script never blocks, and keeps a part. */
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

/** SIGKILL to the script and everything it started, unless they left its group. */
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
