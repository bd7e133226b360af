/** Whether the clock is kept right. */
import type { EffectiveConfig } from '../config/index.ts';
import { type ClockState, clockState } from '../os/clock-state.ts';
import { type Finding, ok, unknown, warn } from './finding.ts';
import type { Family } from './subject.ts';

/** Clocks further apart make a starting host take the addresses for a moment (VRRP.md, auth). */
const ERROR_MAX_MS = 1_000;

/** Pure. */
export function judgeClock(state: ClockState | null, config: EffectiveConfig | null): Finding {
  const what = 'clock';
  const remedy = 'install and start chrony or systemd-timesyncd; see: timedatectl timesync-status';
  if (state === null) return unknown(what, 'the kernel does not say', 'timedatectl');
  const { synchronised, errorMaxMs } = state;
  if (synchronised && errorMaxMs < ERROR_MAX_MS) {
    return ok(what, `synchronised, off by at most ${Math.ceil(errorMaxMs)} ms`);
  }
  const found = synchronised
    ? `it may be off by ${Math.ceil(errorMaxMs)} ms`
    : 'nobody synchronises it';
  const signed = Object.values(config?.virtual_routers ?? {}).some(({ auth }) => auth?.keys);
  const follows =
    '; adverts carry HMACs, and a host whose clock is ahead takes the addresses for a moment when it starts';
  return warn(what, `${found}${signed ? follows : ''}`, remedy);
}

/** See the file's comment. */
export const clock: Family = {
  name: 'clock',
  async examine({ config }) {
    return [judgeClock(clockState(), config)];
  },
};
