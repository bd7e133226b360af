/** Runs the helper programs of the lab (`ip`, `nft`, `nsenter`) and turns failure into an Error. */
import { spawn } from 'node:child_process';
import { limits } from './limits.ts';
import { labPath } from './requirements.ts';

export interface CommandResult {
  /** Exit status; 128 + n is not used: a command ended by a signal has status -1. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default {@link limits.commandTimeoutMs}. */
  readonly timeoutMs?: number;
  /** In a process group of its own, which Ctrl-C does not reach. */
  readonly detached?: boolean;
  /** Ends the program (SIGTERM, then SIGKILL) when it fires; the call rejects when it has ended. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a program to its end and resolves whatever its status is. Rejects when it cannot be started,
 * takes longer than the timeout, or prints more than {@link limits.commandOutputBytesMax}.
 */
export function attempt(
  argv: readonly [string, ...string[]],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const [program, ...args] = argv;
  const timeoutMs = options.timeoutMs ?? limits.commandTimeoutMs;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...options.env, PATH: labPath() },
      detached: options.detached ?? false,
    });
    let failure: string | null = null;
    const giveUp = (reason: string) => {
      failure ??= reason;
      child.kill('SIGKILL');
      // A daemon it left behind may hold the pipes open: do not wait for that one.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    let timer = setTimeout(() => giveUp(`not done after ${timeoutMs} ms`), timeoutMs);
    const interrupt = () => {
      failure ??= 'interrupted';
      child.kill('SIGTERM');
      clearTimeout(timer);
      timer = setTimeout(() => giveUp('interrupted'), limits.commandStopTimeoutMs);
    };
    if (options.signal?.aborted === true) interrupt();
    options.signal?.addEventListener('abort', interrupt);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
        if (output[name].length > limits.commandOutputBytesMax) giveUp('too much output');
      });
    }
    const release = () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', interrupt);
    };
    child.on('error', (error) => {
      release();
      reject(error);
    });
    child.on('close', (code) => {
      release();
      if (failure === null) resolve({ status: code ?? -1, ...output });
      else reject(new Error(`${argv.join(' ')}: ${failure}`));
    });
    // A program that ends without reading its input closes the pipe: its status says the rest.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** Like {@link attempt}, resolves to standard output, and rejects when the status is not 0. */
export async function run(
  argv: readonly [string, ...string[]],
  options: CommandOptions = {},
): Promise<string> {
  const { status, stdout, stderr } = await attempt(argv, options);
  if (status !== 0) {
    throw new Error(`${argv.join(' ')}: status ${status}: ${stderr.trim() || stdout.trim()}`);
  }
  return stdout;
}
