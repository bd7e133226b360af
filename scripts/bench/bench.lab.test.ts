import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { waitUntil } from '../../testbed/lab/wait-until.ts';
import { contenders } from './contenders/index.ts';
import { limits } from './limits.ts';
import { missingForBench } from './requirements.ts';
import { scenarios } from './scenarios.ts';
import type { Summary } from './summary.ts';

const BENCH = join(import.meta.dirname, '..', 'bench.ts');
const needs = missingForBench({
  scenarios,
  contenders,
  rounds: 1,
  seconds: 1,
  warmUp: 'first',
});
const short = ['--quick', '--rounds=1', '--seconds=1', '--scenario=plain'];

function bench(...args: string[]): ChildProcess {
  return spawn(process.execPath, [BENCH, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Command lines of what a benchmark has started and not ended. */
function leftOvers(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes('/run/tandem-bench-') || line.startsWith('wrk '));
}

test.skipIf(needs.length > 0)(
  `all three proxies are measured side by side (needs ${needs.join(', ') || 'nothing more'})`,
  async () => {
    const child = bench(...short, '--json');
    const [out, log] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
    expect(log).not.toContain('bench:');
    const summary: Summary = JSON.parse(out);
    const [plain] = summary.scenarios;
    expect(plain!.rows.map(({ contender }) => contender)).toEqual(['tandem', 'nginx', 'haproxy']);
    for (const { figures } of plain!.rows) {
      expect(figures.cpuPerRequestUs.median).toBeGreaterThan(1);
      expect(figures.cpuPerRequestUs.median).toBeLessThan(10_000);
      expect(figures.requestsPerSecond.median).toBeGreaterThan(10);
      expect(figures.latencyP99Us.median).toBeGreaterThanOrEqual(figures.latencyP50Us.median);
    }
    expect(plain!.ratios.map(({ other }) => other)).toEqual(['nginx', 'haproxy']);
    expect(leftOvers()).toEqual([]);
  },
);

test.skipIf(needs.length > 0)(
  `a benchmark that is told to end leaves nothing behind (needs ${needs.join(', ') || 'nothing more'})`,
  async () => {
    const child = bench('--quick', '--seconds=60', '--scenario=plain', '--contender=nginx');
    const ended = once(child, 'exit');
    const loading = () => leftOvers().some((line) => line.startsWith('wrk '));
    await waitUntil('load', loading, limits.readyTimeoutMs);
    child.kill('SIGTERM');
    expect(await ended).toEqual([128 + 15, null]);
    expect(leftOvers()).toEqual([]);
    expect(readdirSync('/run').filter((name) => name.startsWith('tandem-bench-'))).toEqual([]);
  },
);
