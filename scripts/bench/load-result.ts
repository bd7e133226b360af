/** What the load generator reports at its end (load.lua writes it). */

export interface LoadResult {
  readonly durationUs: number;
  readonly requests: number;
  /** Bytes of the answers as received, heads included. */
  readonly bytes: number;
  readonly errors: Readonly<Record<LoadError, number>>;
  /** From a request being sent to its answer being complete. */
  readonly latencyUs: Latency;
}

export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** `status`: answers other than 2xx and 3xx. */
export type LoadError = 'connect' | 'read' | 'write' | 'status' | 'timeout';

/** So busy a machine that a stretch of load brought nothing: a warm-up may pass over it. */
export class NothingAnswered extends Error {
  constructor() {
    super('not one request was answered');
  }
}

/**
 * Reads the output of one run. Throws an Error for a run that does not count: without a result,
 * without a single answer, or with any error.
 */
export function parseLoadResult(output: string): LoadResult {
  const line = /^load (\{.*\})$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`no result in the output of wrk: ${output.trim()}`);
  const result: LoadResult = JSON.parse(line);
  const errors = Object.entries(result.errors).filter(([, count]) => count > 0);
  if (errors.length > 0) {
    const list = errors.map(([kind, count]) => `${count} ${kind}`).join(', ');
    throw new Error(`errors under load: ${list} (${result.requests} requests answered)`);
  }
  if (result.requests === 0) throw new NothingAnswered();
  return result;
}
