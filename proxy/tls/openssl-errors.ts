import { QUEUED_ERRORS_MAX } from './limits.ts';
import { openssl } from './openssl.ts';

/** One entry of OpenSSL's error queue. */
export interface QueuedError {
  readonly library: number;
  readonly reason: number;
  /** `no shared cipher`. */
  readonly text: string;
}

const LIBRARY_SHIFT = 2 ** 23;
const TEXT_BYTES = 256;
const text = Buffer.alloc(TEXT_BYTES);

/** A call of OpenSSL's that failed and must not have: says which, what about, and why. */
export class OpenSslError extends Error {
  override readonly name = 'OpenSslError';
  readonly call: string;
  readonly errors: readonly QueuedError[];

  constructor(call: string, errors: readonly QueuedError[]) {
    super(`${call}: ${errors[0]?.text ?? 'failed without a reason'}`);
    this.call = call;
    this.errors = errors;
  }
}

/** Takes everything off the thread's queue, the cause first. Called after every call that failed. */
export function takeErrors(): readonly QueuedError[] {
  const ssl = openssl();
  const errors: QueuedError[] = [];
  while (errors.length < QUEUED_ERRORS_MAX) {
    const code = ssl.ERR_get_error();
    if (code === 0) return errors;
    errors.push(readError(code));
  }
  ssl.ERR_clear_error();
  return errors;
}

/** Passes a positive result through; anything else becomes an OpenSslError. */
export function succeed(call: string, result: number): number {
  if (result > 0) return result;
  throw new OpenSslError(call, takeErrors());
}

/** `error:0A0000C1:SSL routines::no shared cipher`, of which the last part is for people. */
function readError(code: number): QueuedError {
  openssl().ERR_error_string_n(code, text, TEXT_BYTES);
  const line = text.toString('latin1', 0, text.indexOf(0));
  return {
    library: Math.floor(code / LIBRARY_SHIFT) & 0xff,
    reason: code % LIBRARY_SHIFT,
    text: line.slice(line.lastIndexOf(':') + 1),
  };
}
