/** Why a certificate cannot be used, or why something about it deserves a word. */

export type FaultCode =
  | 'unreadable'
  | 'malformed'
  | 'key_mismatch'
  | 'chain_broken'
  | 'expired'
  | 'not_yet_valid'
  | 'name_not_covered'
  | 'refused';

/** `text` is a sentence that names the file and what to do, and never quotes a key. */
export interface Fault {
  readonly code: FaultCode;
  readonly text: string;
  /** Names that are not served because of it, as far as they are known. */
  readonly names: readonly string[];
}

/** A fault instead of a value. */
export class CertificateError extends Error {
  fault: Fault;

  constructor(code: FaultCode, text: string) {
    super(text);
    this.fault = { code, text, names: [] };
  }

  /** The same, of a certificate for these names. */
  of(names: readonly string[]): this {
    this.fault = { ...this.fault, names };
    return this;
  }
}

/** What `make` returns, or the fault it ends with. */
export function faultOr<T>(
  make: () => T,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault } {
  try {
    return { ok: true, value: make() };
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    return { ok: false, fault: error.fault };
  }
}
