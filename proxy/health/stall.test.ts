import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { httpCheck } from './http-check.ts';
import type { CheckOutcome } from './probe.ts';

const TIMEOUT_MS = 300;
const STALL_MS = 700;

/** A check during which this thread stands still from the request to long after the timeout. */
async function checkOverStall(answers: boolean): Promise<CheckOutcome> {
  const cell = new SharedArrayBuffer(4);
  const worker = new Worker(new URL('late-origin.fixture.ts', import.meta.url), {
    workerData: { cell, delayMs: STALL_MS, answers },
  });
  const [port] = (await once(worker, 'message')) as [number];
  const outcome = httpCheck(
    { host: '127.0.0.1', port },
    { path: '/', host: null, statuses: [[200, 200]], timeoutMs: TIMEOUT_MS },
    new AbortController().signal,
  );
  await once(worker, 'message');
  Atomics.wait(new Int32Array(cell), 0, 0);
  const result = await outcome;
  await worker.terminate();
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
});
