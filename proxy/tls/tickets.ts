/**
 * Keys of session tickets (RFC 5077, RFC 8446 4.6.1). They follow from a secret and the time alone, so that
 * all workers and both hosts of a pair have the same without telling each other:
 *
 *     epoch = time / 8 h        keys(epoch) = HKDF-SHA256(secret, "tandem tls tickets", epoch)
 *
 * Tickets are made with the keys of the present epoch and taken with those of the one before, for a
 * session may be as old as an epoch, and of the one after, for the other host's clock may be ahead.
 */
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { TICKET_EPOCH_MS } from './limits.ts';

/** Keys of one epoch. */
export interface TicketKey {
  /** 16 bytes at the beginning of each ticket, which say whose it is. */
  readonly name: Buffer;
  /** AES-256-CBC. */
  readonly cipherKey: Buffer;
  /** HMAC-SHA256. */
  readonly macKey: Buffer;
}

export const TICKET_NAME_BYTES = 16;
const CIPHER_KEY_BYTES = 32;
const MAC_KEY_BYTES = 32;
const SECRET_BYTES = 32;
const LABEL = 'tandem tls tickets v1';

/** A secret for a host that has none in common with another: the main thread makes it, all workers get it. */
export function randomTicketSecret(): Buffer {
  return randomBytes(SECRET_BYTES);
}

/** The keys of a secret, as time goes by. */
export class TicketKeys {
  /** The same for the same secret, which it does not give away. */
  readonly identity: string;
  readonly #secret: Buffer;
  readonly #clock: () => number;
  #epoch = Number.NaN;
  #current!: TicketKey;
  #accepted: readonly TicketKey[] = [];

  /** `clock`: milliseconds since 1970, about the same on all hosts that share the secret. */
  constructor(secret: Buffer, clock: () => number = Date.now) {
    this.identity = createHmac('sha256', secret).update(LABEL).digest('base64');
    this.#secret = secret;
    this.#clock = clock;
  }

  /** What new tickets are made with. */
  get current(): TicketKey {
    this.#turn();
    return this.#current;
  }

  /** What the ticket was made with; null: with nothing that is taken. */
  find(name: Buffer): TicketKey | null {
    this.#turn();
    return this.#accepted.find((key) => key.name.equals(name)) ?? null;
  }

  #turn(): void {
    const epoch = Math.floor(this.#clock() / TICKET_EPOCH_MS);
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#current = this.#derive(epoch);
    this.#accepted = [this.#current, this.#derive(epoch - 1), this.#derive(epoch + 1)];
  }

  #derive(epoch: number): TicketKey {
    const length = TICKET_NAME_BYTES + CIPHER_KEY_BYTES + MAC_KEY_BYTES;
    const bytes = Buffer.from(hkdfSync('sha256', this.#secret, LABEL, String(epoch), length));
    const cipherAt = TICKET_NAME_BYTES;
    const macAt = cipherAt + CIPHER_KEY_BYTES;
    return {
      name: bytes.subarray(0, cipherAt),
      cipherKey: bytes.subarray(cipherAt, macAt),
      macKey: bytes.subarray(macAt),
    };
  }
}
