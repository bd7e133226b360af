import { OsError } from '../../../src/os/errors.ts';
import { EventDescriptorError } from '../../../src/os/event-descriptor.ts';
import { registerWithRing } from '../../../src/os/io-uring.ts';
import { NativeLibraryError } from '../../../src/os/native.ts';
import { Operation, REGISTER_PROBE } from './abi.ts';
import { Ring, RingUnusableError } from './ring.ts';
import { UringEngine } from './uring-engine.ts';

const PROBE_HEADER_BYTES = 16;
const PROBE_OPERATION_BYTES = 8;
const PROBE_OPERATIONS = 64;
const PROBE_FLAGS_AT = 2;
const SUPPORTED = 1;

/** What a refusal of io_uring_setup means on the hosts where it is met. */
const REASONS: Readonly<Record<string, string>> = {
  EPERM:
    'the host or a container forbids io_uring (sysctl kernel.io_uring_disabled, a seccomp profile)',
  EACCES: 'a security module forbids io_uring',
  ENOSYS: 'the kernel has no io_uring',
  EINVAL: 'the kernel is older than 6.1',
  ENOMEM: 'there is not enough memory for a ring (RLIMIT_MEMLOCK)',
  EMFILE: 'no file descriptor left',
  ENFILE: 'no file descriptor left on this host',
};

/** Their messages are for the operator. */
const WORDS_OF_THEIR_OWN = [RingUnusableError, NativeLibraryError, EventDescriptorError];

/**
 * Why an engine over io_uring cannot be had here; null when it can. Found out by making one: what a
 * kernel's version or a setting promises, a container may forbid.
 */
export function uringRefusal(): string | null {
  try {
    const missing = missingOperations();
    if (missing.length > 0)
      return `the kernel lacks operations of io_uring (${missing.join(', ')})`;
    new UringEngine().close();
    return null;
  } catch (error) {
    return refusalOf(error);
  }
}

/** What went wrong, for the operator. Other errors than of system calls are thrown on. */
export function refusalOf(error: unknown): string {
  if (WORDS_OF_THEIR_OWN.some((kind) => error instanceof kind)) return (error as Error).message;
  if (!(error instanceof OsError)) throw error;
  const reason = REASONS[error.code];
  return reason === undefined ? error.message : `${reason}: ${error.message}`;
}

function missingOperations(): string[] {
  const ring = new Ring(1, 2);
  try {
    const probe = new Uint8Array(PROBE_HEADER_BYTES + PROBE_OPERATIONS * PROBE_OPERATION_BYTES);
    registerWithRing(ring.fd, REGISTER_PROBE, probe, PROBE_OPERATIONS);
    const flags = (operation: number) =>
      probe[PROBE_HEADER_BYTES + operation * PROBE_OPERATION_BYTES + PROBE_FLAGS_AT]!;
    const wanted = Object.entries(Operation);
    return wanted.filter(([, number]) => (flags(number) & SUPPORTED) === 0).map(([name]) => name);
  } finally {
    ring.close(true);
  }
}
