import { getSystemErrorMap } from 'node:util';

/** A system call that failed: names the call, what it was called with, and the errno. */
export class OsError extends Error {
  override readonly name = 'OsError';
  /** Symbolic errno, e.g. `EPERM`. */
  readonly code: string;
  readonly errno: number;
  readonly call: string;

  /** `errno` is the positive number the kernel gave. `detail` says what the call was about. */
  constructor(call: string, errno: number, detail: string) {
    const [code, text] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error'];
    super(`${call}(${detail}): ${code}, ${text}`);
    this.code = code;
    this.errno = errno;
    this.call = call;
  }
}
