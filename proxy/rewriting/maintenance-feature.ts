import { existsSync } from 'node:fs';
import type { MaintenanceConfig } from '../../src/config/rewriting-config.ts';
import type { FeatureRequest, Outcome, RequestFeature, RouteFeature } from '../features/feature.ts';
import { compileTrust, type Trust } from '../request-id/trust.ts';
import { SWITCH_LOOK_MS } from './limits.ts';
import { pageResponse } from './page.ts';

/** `maintenance`: 503 with a page, but for those who look whether it works again. */
export class MaintenanceFeature implements RouteFeature, RequestFeature {
  readonly name = 'maintenance';
  readonly #config: MaintenanceConfig;
  readonly #passes: Trust;
  readonly #now: () => number;
  readonly #exists: (file: string) => boolean;
  #on = false;
  /** When the file is looked for again. */
  #lookAt = Number.NEGATIVE_INFINITY;

  /** `now`: milliseconds, monotonic. */
  constructor(config: MaintenanceConfig, now: () => number, exists = existsSync) {
    this.#config = config;
    this.#passes = compileTrust(config.allow);
    this.#now = now;
    this.#exists = exists;
  }

  begin(): RequestFeature {
    return this;
  }

  request(request: FeatureRequest): Outcome {
    if (!this.#isOn() || this.#passes(request.client.address)) return 'on';
    const { page, retryAfterSeconds } = this.#config;
    request.answer(pageResponse(503, page, [['Retry-After', `${retryAfterSeconds}`]]));
    return 'answered';
  }

  /** Looked up a few times a second at most, and only while there are requests. */
  #isOn(): boolean {
    const { file } = this.#config;
    if (file === null) return true;
    const now = this.#now();
    if (now >= this.#lookAt) {
      this.#lookAt = now + SWITCH_LOOK_MS;
      this.#on = this.#exists(file);
    }
    return this.#on;
  }
}
