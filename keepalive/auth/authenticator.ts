import type { HmacAuthConfig } from '../../src/config/agent-config.ts';
import { formatIp } from '../../src/os/ip-address.ts';
import { makeTrailer, readTrailer, trailerFits } from '../packet/auth-trailer.ts';
import { SequenceGuard } from './sequence-guard.ts';

/** Why an advertisement is not believed, or in permissive mode only looked at. */
export type AuthFinding =
  | 'hmac-missing'
  | 'hmac-malformed'
  | 'hmac-unknown-key'
  | 'hmac-invalid'
  | 'hmac-replayed';

/** Clocks may be so far apart at our start: four intervals, and not less than this. */
const TOLERANCE_MIN_MICROS = 1_000_000;

/** Signs and checks the advertisements of one virtual router. */
export class Authenticator {
  readonly #wallClock: () => number;
  readonly #guard: SequenceGuard;

  /** `wallClock`: microseconds since 1970. It may step; see sequence-guard.ts. */
  constructor(wallClock: () => number, intervalMicros: number) {
    this.#wallClock = wallClock;
    this.#guard = new SequenceGuard(
      wallClock(),
      Math.max(4 * intervalMicros, TOLERANCE_MIN_MICROS),
    );
  }

  /** The trailer of one of our messages, with the active key. Each has a sequence number of its own. */
  trailer(config: HmacAuthConfig, message: Uint8Array, source: Uint8Array): Uint8Array {
    const key = config.keys.find(({ id }) => id === config.activeKey);
    if (key === undefined) throw new Error(`no key ${config.activeKey} to sign with`);
    const sequence = this.#guard.next(this.#wallClock());
    return makeTrailer(message, { keyId: key.id, sequence }, { source, key: key.secret });
  }

  /** What is wrong with what came after a message; null: it is authentic and new. */
  check(
    config: HmacAuthConfig,
    received: { readonly message: Uint8Array; readonly rest: Uint8Array },
    source: Uint8Array,
  ): AuthFinding | null {
    const { message, rest } = received;
    if (rest.length === 0) return 'hmac-missing';
    const fields = readTrailer(rest);
    if (fields === null) return 'hmac-malformed';
    const key = config.keys.find(({ id }) => id === fields.keyId);
    if (key === undefined) return 'hmac-unknown-key';
    if (!trailerFits(message, rest, { source, key: key.secret })) return 'hmac-invalid';
    return this.#guard.take(formatIp(source), fields.sequence) ? null : 'hmac-replayed';
  }
}
