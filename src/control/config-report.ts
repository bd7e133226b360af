/** Which config a half runs with. */
export interface ConfigReport {
  /** Absolute path. */
  readonly file: string;
  /** SHA-256 of it, hex. */
  readonly digest: string;
  /** ISO 8601, UTC. */
  readonly appliedAt: string;
  /** 1 from the start, one more with each reload. */
  readonly generation: number;
}
