/** What writes lines to one place, on the main thread. */
export interface LineSink {
  /** `bytes` are whole lines; `done` is called when they are written or given up, maybe at once. */
  write(bytes: Uint8Array, lines: number, done: () => void): void;
  /** The file has been moved away: open it anew. */
  reopen(): void;
  status(): SinkStatus;
  /** Resolves when what was given is written and the place let go of. */
  close(): Promise<void>;
}

/** How a place does. */
export interface SinkStatus {
  /** Lines that it took. */
  readonly lines: number;
  /** Lines that it refused. */
  readonly dropped: number;
  /** Why it refuses them now; null: it does not. */
  readonly error: string | null;
}
