/** Whether somebody keeps this host's clock right: adjtimex(2), which needs no privilege to be read. */
import { libc } from './libc.ts';

/** `struct timex` of a 64-bit kernel. */
const TIMEX_BYTES = 208;
const STATUS_AT = 40;
const MAX_ERROR_AT = 24;
const STA_UNSYNC = 0x40;

/** What the kernel knows of its clock. */
export interface ClockState {
  readonly synchronised: boolean;
  /** Bound of its error, as whoever keeps it right says, ms. */
  readonly errorMaxMs: number;
}

/** Asks the kernel; null where it would not say (a seccomp profile). */
export function clockState(): ClockState | null {
  const timex = new Uint8Array(TIMEX_BYTES);
  if (libc().adjtimex(timex) < 0) return null;
  const view = new DataView(timex.buffer);
  return {
    synchronised: (view.getInt32(STATUS_AT, true) & STA_UNSYNC) === 0,
    errorMaxMs: Number(view.getBigInt64(MAX_ERROR_AT, true)) / 1_000,
  };
}
