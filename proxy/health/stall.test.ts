import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Verdict } from '../shared/layout.ts';
import { ServerRegistry } from '../upstream/registry.ts';
import { checkOf, HTTP_PROBE, stateOf, upstreamOf } from '../upstream/upstream.fixture.ts';
import { httpCheck } from './http-check.ts';
import { LogLines } from './log-lines.fixture.ts';
import { HealthMonitor } from './monitor.ts';
import type { CheckOutcome } from './probe.ts';

const TIMEOUT_MS = 300;
const STALL_MS = 700;

/** An origin on a thread of its own, and a way to stand still from now to long after a timeout. */
async function lateOrigin(answers: boolean) {
  const cell = new SharedArrayBuffer(4);
  const worker = new Worker(new URL('late-origin.fixture.ts', import.meta.url), {
    workerData: { cell, delayMs: STALL_MS, answers },
  });
  const [port] = (await once(worker, 'message')) as [number];
  const stallOnceAsked = async () => {
    await once(worker, 'message');
    Atomics.wait(new Int32Array(cell), 0, 0);
  };
  return { port, stallOnceAsked, close: () => worker.terminate() };
}

async function checkOverStall(answers: boolean): Promise<CheckOutcome> {
  const { port, stallOnceAsked, close } = await lateOrigin(answers);
  const outcome = httpCheck(
    { host: '127.0.0.1', port },
    { ...HTTP_PROBE, statuses: [[200, 200]], timeoutMs: TIMEOUT_MS },
    new AbortController().signal,
  );
  await stallOnceAsked();
  const result = await outcome;
  await close();
  return result;
}

describe('a check during which our own thread stalled', () => {
  it('takes an answer that came meanwhile', async () => {
    expect(await checkOverStall(true)).toEqual({ kind: 'passed' });
  });

  it('says nothing about a server whose answer is not there', async () => {
    expect(await checkOverStall(false)).toMatchObject({
      kind: 'inconclusive',
      error: expect.stringMatching(/^we stalled for \d+ ms$/),
    });
  });

  it('changes no verdict and is reported as our own fault', async () => {
    const { port, stallOnceAsked, close } = await lateOrigin(false);
    const server = { host: '127.0.0.1', port, weight: 1, backup: false };
    const healthCheck = checkOf({ intervalMs: 3_600_000, timeoutMs: TIMEOUT_MS });
    const config = upstreamOf([server], { healthCheck });
    const registry = new ServerRegistry(stateOf());
    registry.assign([config]);
    const log = new LogLines();
    const monitor = new HealthMonitor([config], registry, { log });
    monitor.start();
    await stallOnceAsked();
    await expect.poll(() => log.lines).toHaveLength(1);
    monitor.stop();
    await close();
    expect(log.lines[0]).toMatch(/^warn health check of \S+ of upstream api could not be made: we/);
    expect(registry.verdict(`api|127.0.0.1:${port}`)).toBe(Verdict.unknown);
  });
});
