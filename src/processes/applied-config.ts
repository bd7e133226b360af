import { resolve } from 'node:path';
import type { CompiledConfig } from '../config/index.ts';
import type { ConfigReport } from '../control/config-report.ts';
import type { Logger } from '../log/logger.ts';
import { ConfigHistory } from '../reload/config-history.ts';

/** The config that a half runs with, where it is from, and since when. */
export class AppliedConfig {
  readonly file: string;
  readonly #history: ConfigHistory;
  readonly #log: Logger;
  #config: CompiledConfig;
  #appliedAtMs = 0;
  #generation = 0;

  /** `configPath` as on the command line. Nothing is kept before {@link take}. */
  constructor(configPath: string, stateDir: string, config: CompiledConfig, log: Logger) {
    this.file = resolve(configPath);
    this.#history = new ConfigHistory(stateDir);
    this.#config = config;
    this.#log = log;
  }

  get config(): CompiledConfig {
    return this.#config;
  }

  /** It is in use from now on; `bytes` are the file's, and go into the history in their own time. */
  take(config: CompiledConfig, bytes: Uint8Array): void {
    this.#config = config;
    this.#generation += 1;
    this.#appliedAtMs = Date.now();
    if (this.#generation > 1) this.#sayReloaded(config.digest);
    const kept = this.#history.record(config.digest, bytes, this.#appliedAtMs);
    void kept.then((unkept) => {
      if (unkept === null) return;
      this.#log.warn({ reason: unkept }, `tandem rollback will not know this config: ${unkept}`);
    });
  }

  #sayReloaded(digest: string): void {
    const { file } = this;
    const generation = this.#generation;
    const text = `reloaded: follows ${file} (config ${digest.slice(0, 12)}, generation ${generation})`;
    this.#log.info({ file, digest, generation }, text);
  }

  report(): ConfigReport {
    return {
      file: this.file,
      digest: this.#config.digest,
      appliedAt: new Date(this.#appliedAtMs).toISOString(),
      generation: this.#generation,
    };
  }
}
