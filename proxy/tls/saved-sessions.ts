import { type Address, openssl } from './openssl.ts';
import type { OpenSslSession } from './openssl-session.ts';
import { hasExpired } from './x509.ts';

/**
 * What connections to one server can go on with: the session of the one that ended last. It was made
 * under one context, and whoever trusts others has to begin with another object.
 */
export class SavedSessions {
  #saved: Address = 0;
  #disposed = false;

  /**
   * Has a new session go on with the saved one, if there is one. That would never look at the server's certificate
   * again, so where it matters (`verified`) one that has expired since is met by a full handshake, which refuses it.
   */
  resume(session: OpenSslSession, verified: boolean): void {
    if (this.#saved === 0) return;
    if (verified && hasExpired(openssl().SSL_SESSION_get0_peer(this.#saved))) this.#free();
    else session.resume(this.#saved);
  }

  /** Keeps what later ones can go on with. */
  keep(session: OpenSslSession): void {
    const saved = this.#disposed ? 0 : session.save();
    if (saved === 0) return;
    this.#free();
    this.#saved = saved;
  }

  /** Forgets it, and keeps nothing any more. */
  dispose(): void {
    this.#disposed = true;
    this.#free();
  }

  #free(): void {
    if (this.#saved !== 0) openssl().SSL_SESSION_free(this.#saved);
    this.#saved = 0;
  }
}
