import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const LAUNCHER = fileURLToPath(new URL('../cli/launcher.js', import.meta.url));

/** Message a child sends over its IPC channel once it serves. */
export const READY_MESSAGE = 'ready';

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** How long the process lived, ms. */
  readonly livedMs: number;
  /** It had reported that it serves. */
  readonly wasReady: boolean;
}

/** Another bound of its orderly stop, as a child sends it after a reload. */
interface StopBound {
  /** ms. */
  readonly stopMs: number;
}

/** One half of Tandem as a child process of `tandem run`. */
export interface Child {
  readonly pid: number | undefined;
  kill(signal: NodeJS.Signals): void;
  /** How long its orderly stop may take, as it said last, ms; null: it has not said. */
  readonly stopMs: number | null;
  /** Resolves once, when the process has ended (or could not be started: code 1). */
  readonly exited: Promise<ChildExit>;
}

/**
 * Starts `tandem ARGS` on this same Node. The child gets a session of its own, so that Ctrl-C in a
 * terminal reaches only the supervisor, which stops the halves in order; and an IPC channel whose
 * closing tells the child that the supervisor is gone.
 */
export function startChild(nodeFlags: readonly string[], args: readonly string[]): Child {
  const startedAt = performance.now();
  const child: ChildProcess = spawn(process.execPath, [...nodeFlags, LAUNCHER, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  let wasReady = false;
  let stopMs: number | null = null;
  child.on('message', (message) => {
    if (message === READY_MESSAGE) wasReady = true;
    else if (isStopBound(message)) stopMs = message.stopMs;
  });
  const exited = new Promise<ChildExit>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null) =>
      resolve({ code, signal, livedMs: performance.now() - startedAt, wasReady });
    child.once('exit', end);
    child.once('error', () => end(1, null));
  });
  return {
    pid: child.pid,
    kill: (signal) => void child.kill(signal),
    get stopMs() {
      return stopMs;
    },
    exited,
  };
}

function isStopBound(message: unknown): message is StopBound {
  return typeof message === 'object' && message !== null && 'stopMs' in message;
}

/** Waits for the exit; SIGKILLs after `graceMs`. */
export async function waitOrKill(child: Child, graceMs: number): Promise<ChildExit> {
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  const exit = await child.exited;
  clearTimeout(timer);
  return exit;
}
