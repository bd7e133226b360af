/** The admin listener through reloads: there or not, here or elsewhere, with other tokens. */
import { isDeepStrictEqual } from 'node:util';
import type { CertificateStatus } from '../../proxy/index.ts';
import type { AdminConfig } from '../config/admin-config.ts';
import { ReloadRefusal } from '../reload/reload-desk.ts';
import type { PlanLine } from '../reload/reload-half.ts';
import type { RunningAdmin } from './admin-listener.ts';

/** What has been made ready for another config of it. */
export interface PreparedAdmin {
  /** Null: it is the same. */
  readonly line: PlanLine | null;
  apply(): Promise<void>;
  abandon(): void;
}

const WAY_OUT =
  'give admin.bind another port, or restart the balancer after a handover ' +
  '(sudo systemctl restart tandem-proxy)';

type Start = (config: AdminConfig) => Promise<RunningAdmin>;

/** See the file's comment. */
export class AdminKeeper {
  readonly #start: Start;
  #config: AdminConfig | null = null;
  #running: RunningAdmin | null = null;

  /** `start` rejects with a reason for an operator when it cannot listen. */
  constructor(start: Start) {
    this.#start = start;
  }

  /** At the start of the process; null: there is none. */
  async begin(config: AdminConfig | null): Promise<void> {
    this.#running = config === null ? null : await this.#start(config);
    this.#config = config;
  }

  /** Rejects with ReloadRefusal, with nothing changed, when it cannot be had. */
  async prepare(after: AdminConfig | null): Promise<PreparedAdmin> {
    const before = this.#config;
    if (isDeepStrictEqual(before, after)) {
      return { line: null, apply: async () => {}, abandon() {} };
    }
    const stays = before !== null && after !== null && isDeepStrictEqual(before.bind, after.bind);
    if (stays) return this.#renew(before, after);
    // Beside the other one: where somebody else listens is known before anything has changed.
    const opened = after === null ? null : await this.#open(before, after);
    return {
      line: lineOf(before, after),
      apply: async () => {
        this.#running?.close();
        this.#running = opened;
        this.#config = after;
      },
      abandon: () => opened?.close(),
    };
  }

  /** Null: there is none, or it needs none. */
  certificate(): CertificateStatus | null {
    return this.#running?.certificate() ?? null;
  }

  close(): void {
    this.#running?.close();
    this.#running = null;
  }

  #renew(before: AdminConfig, after: AdminConfig): PreparedAdmin {
    if ((before.tls === null) !== (after.tls === null)) {
      throw new ReloadRefusal([
        `admin.tls ${after.tls === null ? 'goes' : 'comes'}, and one port cannot speak both: ${WAY_OUT}`,
      ]);
    }
    return {
      line: lineOf(before, after),
      apply: async () => {
        this.#config = after;
        await this.#running?.update(after);
      },
      abandon() {},
    };
  }

  async #open(before: AdminConfig | null, after: AdminConfig): Promise<RunningAdmin> {
    try {
      return await this.#start(after);
    } catch (error) {
      // Who looks for the owner of the port would find this very process.
      const ours = before?.bind.port === after.bind.port;
      const { message } = error as Error;
      const reason = `admin.bind was ${before?.bind.host} on that port, until the reload is through`;
      throw new ReloadRefusal([ours ? `${message}; ${reason}: ${WAY_OUT}` : message]);
    }
  }
}

function lineOf(before: AdminConfig | null, after: AdminConfig | null): PlanLine {
  const what = before === null ? 'added' : after === null ? 'removed' : 'changed';
  const disturbs = before === null ? null : 'open dashboards connect anew';
  return { what, kind: 'setting', name: 'admin', disturbs };
}
