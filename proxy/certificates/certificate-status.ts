/** One certificate as status, metrics and `tandem check` show it; plain JSON. */
export interface CertificateStatus {
  /** The listener it is for; null: it is shown to servers, or is the admin listener's. */
  readonly listener: string | null;
  /** The upstream to whose servers it is shown; null: it is for clients. Both null: for operators. */
  readonly upstream: string | null;
  /** Path of its file. */
  readonly certificate: string;
  /** What it is used for. */
  readonly names: readonly string[];
  /** `used`, `kept`: used although the files are bad now, `disabled`: the files were never good. */
  readonly state: 'used' | 'kept' | 'disabled';
  /** What is wrong with the files; null: nothing. */
  readonly fault: string | null;
  /** What deserves a word besides. */
  readonly remarks: readonly string[];
  /** SHA-256, hexadecimal; null: none is used. */
  readonly fingerprint: string | null;
  /** Ms since 1970; null: none is used. */
  readonly notBefore: number | null;
  readonly notAfter: number | null;
  /** An OCSP response goes with it. */
  readonly stapled: boolean;
}
