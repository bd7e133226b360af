import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { waitUntil } from '../../testbed/lab/wait-until.ts';
import { limits } from './limits.ts';
import { parseOptions } from './options.ts';
import { missingForBench } from './requirements.ts';
import type { Summary } from './summary.ts';

const BENCH = join(import.meta.dirname, '..', 'bench.ts');
const needs = missingForBench(parseOptions([]).plan);
const short = ['--quick', '--rounds=1', '--seconds=1'];

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
  `all proxies are measured side by side (needs ${needs.join(', ') || 'nothing more'})`,
  async () => {
    const parts = ['requests', 'latency', 'memory'].map((name) => `--part=${name}`);
    const child = bench(...short, ...parts, '--scenario=plain', '--json');
    const [out, log] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
    expect(log).not.toContain('bench:');
    const summary: Summary = JSON.parse(out);
    const [ours, ...others] = summary.contenders.map(({ name }) => name);
    expect(ours).toMatch(/^tandem-/);
    expect(others).toEqual(['nginx', 'haproxy']);
    checkRequests(summary, [ours!, ...others]);
    checkLatency(summary);
    checkMemory(summary);
    expect(leftOvers()).toEqual([]);
  },
);

test.skipIf(needs.length > 0)(
  `one worker and two (needs ${needs.join(', ') || 'nothing more'})`,
  async () => {
    const child = bench(...short, '--part=workers', '--contender=tandem-net', '--json');
    const [out, log] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
    expect(log).not.toContain('bench:');
    checkWorkers(JSON.parse(out));
    expect(leftOvers()).toEqual([]);
  },
);

function checkRequests({ scenarios }: Summary, everybody: readonly string[]): void {
  const [plain] = scenarios;
  expect(plain!.rows.map(({ contender }) => contender)).toEqual(everybody);
  for (const { figures } of plain!.rows) {
    expect(figures.cpuPerRequestUs.median).toBeGreaterThan(1);
    expect(figures.cpuPerRequestUs.median).toBeLessThan(10_000);
    expect(figures.requestsPerSecond.median).toBeGreaterThan(10);
    expect(figures.latencyP99Us.median).toBeGreaterThanOrEqual(figures.latencyP50Us.median);
  }
  expect(plain!.ratios.map(({ other }) => other)).toEqual(['nginx', 'haproxy']);
}

/** On a busy machine rounds are refused, and then say why; those that count are in order. */
function checkLatency({ latency }: Summary): void {
  expect(latency!.reference).toBe('nginx');
  expect(latency!.rate / latency!.saturation).toBeCloseTo(0.7, 3);
  for (const { latencyUs, refused } of latency!.rows) {
    expect(latencyUs === null).toBe(refused.length === 1);
    if (latencyUs === null) continue;
    expect(latencyUs[50].median).toBeGreaterThan(10);
    expect(latencyUs[99].median).toBeGreaterThanOrEqual(latencyUs[50].median);
    expect(latencyUs[99.9].median).toBeGreaterThanOrEqual(latencyUs[99].median);
  }
}

function checkMemory({ connections }: Summary): void {
  const [idle, active] = connections!.states;
  expect(idle!.connections).toBeGreaterThanOrEqual(500);
  expect(active).toBeUndefined();
  for (const { growthBytes } of idle!.rows) {
    expect(growthBytes.median).toBeGreaterThan(0);
    expect(growthBytes.median).toBeLessThan(1024 ** 3);
  }
}

function checkWorkers({ workers }: Summary): void {
  expect(workers!.scenarios.map(({ name }) => name)).toEqual(['plain', 'rsa-handshake']);
  for (const { rows } of workers!.scenarios) {
    expect(rows.map(({ contender }) => contender)).toEqual(['tandem-net']);
    for (const { throughput, possible, cost } of rows) {
      expect(throughput.median).toBeGreaterThan(0);
      expect(possible.median).toBeLessThanOrEqual(2);
      expect(cost.median).toBeGreaterThan(0);
    }
  }
}

test.skipIf(needs.length > 0)(
  `a benchmark that is told to end leaves nothing behind (needs ${needs.join(', ') || 'nothing more'})`,
  async () => {
    const child = bench('--seconds=60', '--scenario=plain', '--contender=nginx');
    const ended = once(child, 'exit');
    const loading = () => leftOvers().some((line) => line.startsWith('wrk '));
    await waitUntil('load', loading, limits.readyTimeoutMs);
    child.kill('SIGTERM');
    expect(await ended).toEqual([128 + 15, null]);
    expect(leftOvers()).toEqual([]);
    expect(readdirSync('/run').filter((name) => name.startsWith('tandem-bench-'))).toEqual([]);
  },
);
