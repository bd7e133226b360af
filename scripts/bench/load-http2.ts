/** The load generator for HTTP/2: h2load, one thread, a closed loop over connections and streams. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { limits } from './limits.ts';
import { type Latency, type LoadResult, NothingAnswered } from './load-result.ts';
import type { Scenario } from './scenario.ts';

/** h2load prints a line for each tenth, and a dozen at the end. */
const OUTPUT_BYTES_MAX = 64 * 1024;

const execute = promisify(execFile);

/** As `runLoad`, for a scenario of HTTP/2. */
export async function runHttp2Load(
  scenario: Scenario,
  port: number,
  seconds: number,
  signal: AbortSignal,
): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-h2load-'));
  const log = join(folder, 'requests');
  const fields = Object.entries(scenario.headers).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ]);
  const scheme = scenario.listener === 'h2' ? 'https' : 'http';
  const args = [
    '--threads=1',
    `--clients=${scenario.connections}`,
    `--max-concurrent-streams=${scenario.streams ?? 1}`,
    `--duration=${seconds}s`,
    `--connection-inactivity-timeout=${limits.requestTimeoutS}s`,
    `--log-file=${log}`,
    ...fields,
    `${scheme}://127.0.0.1:${port}${scenario.path}`,
  ];
  try {
    const { stdout } = await execute('h2load', args, {
      signal,
      timeout: seconds * 1000 + limits.loadGraceMs,
      killSignal: 'SIGKILL',
      maxBuffer: OUTPUT_BYTES_MAX,
    });
    return parseHttp2Load(stdout, readFileSync(log, 'utf8'), seconds);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Reads what one run of so many seconds wrote, and its log of requests. Throws an Error for a run that
 * does not count: without a single answer, or with any error.
 */
export function parseHttp2Load(output: string, log: string, seconds: number): LoadResult {
  const number = (pattern: RegExp) => Number(pattern.exec(output)?.[1] ?? 0);
  const rows = log.split('\n').filter((row) => row !== '');
  const latencies = rows.map((row) => Number(row.split('\t')[2])).sort((a, b) => a - b);
  const errors = {
    connect: 0,
    read: number(/(\d+) errored/),
    write: 0,
    status: number(/(\d+) 4xx/) + number(/(\d+) 5xx/),
    timeout: number(/(\d+) timeout/),
  };
  const wrong = Object.entries(errors).filter(([, count]) => count > 0);
  if (wrong.length > 0) {
    const list = wrong.map(([kind, count]) => `${count} ${kind}`).join(', ');
    throw new Error(`errors under load: ${list} (${rows.length} requests answered)`);
  }
  if (rows.length === 0) throw new NothingAnswered();
  return {
    durationUs: seconds * 1e6,
    requests: rows.length,
    bytes: number(/traffic: \S+ \((\d+)\) total/),
    errors,
    latencyUs: percentiles(latencies),
  };
}

function percentiles(sorted: readonly number[]): Latency {
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: sorted.at(-1)! };
}
