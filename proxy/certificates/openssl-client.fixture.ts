/** Real TLS clients as programs: openssl s_client and curl. Against 127.0.0.1 only. */
import { execFile } from 'node:child_process';

/** What a program printed, both outputs, and its exit code. */
export interface Printed {
  readonly text: string;
  readonly code: number;
}

const TIMEOUT_MS = 10_000;

function run(program: string, args: readonly string[], input = ''): Promise<Printed> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ text: `${stdout}${stderr}`, code });
    });
    // One that has been refused may be gone before it reads.
    child.stdin?.on('error', () => {}).end(input);
  });
}

/**
 * Connects, sends `input` and prints what came of it. Ends with the input, so answers are only sure to be
 * seen when the server closes: `Connection: close`.
 */
export function sClient(port: number, args: readonly string[], input = ''): Promise<Printed> {
  const all = ['s_client', '-connect', `127.0.0.1:${port}`, ...args];
  // Without an end of input it would wait; with it, and without this, it leaves before the answer.
  return run('openssl', input === '' ? all : [...all, '-ign_eof'], input);
}

/** Asks https://NAME:port/, where NAME is reached at 127.0.0.1. */
export function curl(name: string, port: number, args: readonly string[]): Promise<Printed> {
  const resolve = `${name}:${port}:127.0.0.1`;
  const url = `https://${name}:${port}/`;
  return run('curl', [
    '--silent',
    '--show-error',
    '--noproxy',
    '*',
    '--resolve',
    resolve,
    ...args,
    url,
  ]);
}
