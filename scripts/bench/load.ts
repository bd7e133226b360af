/** The load generator: wrk, a closed loop over a fixed number of connections. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { limits } from './limits.ts';
import { runHttp2Load } from './load-http2.ts';
import { type LoadResult, parseLoadResult } from './load-result.ts';
import type { Scenario } from './scenario.ts';

const SCRIPT = join(import.meta.dirname, 'load.lua');

/** wrk prints a dozen lines. */
const OUTPUT_BYTES_MAX = 64 * 1024;

const execute = promisify(execFile);

/**
 * Sends a scenario's traffic to a port of 127.0.0.1 for so many seconds. wrk runs on the cores of
 * the calling process, and so does h2load, for HTTP/2; with `cores`, wrk runs on those,
 * a thread on each. Rejects when any request fails, and with
 * an AbortError when aborted.
 */
export async function runLoad(
  scenario: Scenario,
  port: number,
  seconds: number,
  signal: AbortSignal,
  cores?: readonly number[],
): Promise<LoadResult> {
  const { listener } = scenario;
  if (listener === 'h2' || listener === 'h2c') {
    return runHttp2Load(scenario, port, seconds, signal);
  }
  const fields = Object.entries(scenario.headers).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ]);
  const args = [
    `--threads=${cores?.length ?? 1}`,
    `--connections=${scenario.connections}`,
    `--duration=${seconds}s`,
    `--timeout=${limits.requestTimeoutS}s`,
    `--script=${SCRIPT}`,
    ...fields,
    `${listener === 'https' ? 'https' : 'http'}://127.0.0.1:${port}${scenario.path}`,
  ];
  const pinned = cores === undefined ? [] : ['taskset', '-c', String(cores)];
  const [program, ...rest] = [...pinned, 'wrk', ...args] as [string, ...string[]];
  const { stdout } = await execute(program, rest, {
    signal,
    timeout: seconds * 1000 + limits.loadGraceMs,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  return parseLoadResult(stdout);
}
