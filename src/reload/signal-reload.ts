import type { Logger } from '../log/logger.ts';
import type { ReloadOutcome } from './coordinator.ts';
import { reloadInTurn } from './in-turn.ts';
import { formatOutcome } from './outcome-lines.ts';
import type { ReloadHalf } from './reload-half.ts';

/**
 * SIGHUP to a half: reloads both, as `tandem reload --wait` does, and says in the log what came of it. A signal
 * that comes meanwhile makes it look again afterwards, once: the file may be another one since.
 */
export class SignalReload {
  readonly #halves: readonly ReloadHalf[];
  readonly #log: Logger;
  #running: Promise<void> | null = null;
  #again = false;

  constructor(halves: readonly ReloadHalf[], log: Logger) {
    this.#halves = halves;
    this.#log = log;
  }

  readonly request = (): void => {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  };

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      const outcome = await reloadInTurn(this.#halves);
      sayOutcome(outcome, this.#log);
    }
  }
}

/** What became of a reload, as log lines: what was applied is logged by each half itself. */
export function sayOutcome(outcome: ReloadOutcome, log: Logger): void {
  const { result, digest, reasons, warnings, plan } = outcome;
  for (const warning of warnings) log.warn({ reload: result }, `reload: ${warning}`);
  const fields = { reload: result, digest, reasons, plan };
  const text = formatOutcome(outcome);
  if (result === 'applied' || result === 'unchanged') log.info(fields, `SIGHUP: ${text}`);
  else log.error(fields, `SIGHUP: ${[text, ...reasons].join('\n')}`);
}
