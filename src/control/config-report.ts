/** Which process a half is. */
export interface ProcessReport {
  /** Of the Tandem that runs, which need not be the one that is installed. */
  readonly version: string;
  readonly pid: number;
}

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
