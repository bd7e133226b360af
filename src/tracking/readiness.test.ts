import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeReadiness, encodeReadiness } from './readiness.ts';
import { ReadinessClient } from './readiness-client.ts';
import { type BalancerSign, listenForBalancer } from './readiness-server.ts';

const log = pino({ level: 'silent' });
let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-'));
  path = join(dir, 'agent.sock');
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Collects signs and lets a test await the next one that fits. */
function signs() {
  const seen: BalancerSign[] = [];
  const waiters: (() => void)[] = [];
  return {
    push(sign: BalancerSign) {
      seen.push(sign);
      for (const wake of waiters.splice(0)) wake();
    },
    async until(fits: (sign: BalancerSign) => boolean): Promise<BalancerSign> {
      for (;;) {
        const found = seen.find(fits);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    },
    clear: () => seen.splice(0),
  };
}

test('whatever is encoded is decoded, and noise is refused without a throw', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(fc.string(), { maxLength: 5 }), (ready, reasons) => {
      expect(decodeReadiness(encodeReadiness({ ready, reasons }).trimEnd())).toEqual({
        ready,
        reasons,
      });
    }),
  );
  fc.assert(fc.property(fc.string(), (noise) => void decodeReadiness(noise)));
  expect(decodeReadiness('{"type":"readiness","ready":"yes","reasons":[]}')).toBeNull();
  expect(decodeReadiness('null')).toBeNull();
});

test('the agent hears readiness, its changes, and the end of the connection as death', async () => {
  const heard = signs();
  const server = await listenForBalancer(path, log, heard.push);
  const client = new ReadinessClient(path, log);
  await heard.until((sign) => sign.alive && !sign.ready);
  client.update({ ready: true, reasons: [] });
  await heard.until((sign) => sign.ready);
  client.close();
  const death = await heard.until((sign) => !sign.alive);
  expect(death.ready).toBe(false);
  server.close();
});

test('the balancer comes back to an agent that was restarted, with its last word', async () => {
  const heard = signs();
  const first = await listenForBalancer(path, log, heard.push);
  const client = new ReadinessClient(path, log);
  client.update({ ready: true, reasons: [] });
  await heard.until((sign) => sign.ready);
  first.close();
  heard.clear();
  const second = await listenForBalancer(path, log, heard.push);
  await heard.until((sign) => sign.ready);
  client.close();
  second.close();
});

test('a second agent on the same socket is told so', async () => {
  const server = await listenForBalancer(path, log, () => {});
  await expect(listenForBalancer(path, log, () => {})).rejects.toThrow(/already listening/);
  server.close();
});
