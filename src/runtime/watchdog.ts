/**
 * systemd's watchdog (sd_watchdog_enabled(3)): a process whose event loop hangs for WatchdogSec= is ended
 * and started again. Adverts and answers of such a process have stopped long before, by the lease and
 * by the agent's watch over the balancer; this is what brings it back.
 */
import { sdNotify } from '../os/sd-notify.ts';

const MICROS_PER_MS = 1000;

/**
 * Tells systemd that this process lives, twice in the time that its unit allows; without a watchdog, or
 * when it is another process's, nothing. Returns the interval in ms, or null.
 */
export function startWatchdog(
  environment: NodeJS.ProcessEnv = process.env,
  pid: number = process.pid,
): number | null {
  const { WATCHDOG_USEC: allowed, WATCHDOG_PID: whose } = environment;
  const micros = Number(allowed);
  if (allowed === undefined || !Number.isSafeInteger(micros) || micros <= 0) return null;
  if (whose !== undefined && Number(whose) !== pid) return null;
  const everyMs = Math.max(1, Math.floor(micros / MICROS_PER_MS / 2));
  setInterval(() => sdNotify('WATCHDOG=1', environment), everyMs).unref();
  return everyMs;
}
