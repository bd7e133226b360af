/** Real clients through the virtual address: steady state, big bodies, an orderly stop under load. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { labSettings } from '../drills/lab-place.ts';
import {
  address4,
  clientPlan,
  edgeA,
  edgeB,
  originPlans,
  pairPlan,
  virtualAddress4,
  virtualAddress6,
} from './address-plan.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import { Probe } from './probe.ts';
import type { ProbeOptions } from './prober.ts';
import { lacks } from './requirements.ts';
import { startNginxOrigin, startNodeOrigin } from './stacks/origins.ts';
import { tandem, tandemCommand, tandemConfig } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

const ONE_GIB = 1024 ** 3;
const PROBER = join(import.meta.dirname, 'prober.ts');

let lab: Lab | null = null;

afterEach(async () => {
  await lab?.close();
  lab = null;
});

/** The pair with Tandem on both edges, answering on its address. */
const bootPair = async (startOrigin: (host: Host) => Promise<unknown>): Promise<Lab> => {
  const created = await Lab.create({ hosts: pairPlan });
  lab = created;
  await Promise.all(originPlans.map((plan) => startOrigin(created.host(plan.name))));
  const watch = await created.watch(virtualAddress4, [edgeA.name, edgeB.name]);
  await Promise.all(
    [edgeA, edgeB].map((plan) => tandem.start(created.host(plan.name), labSettings(100))),
  );
  await watch.until((holders) => holders.join() === edgeA.name, 20_000);
  const client = created.host(clientPlan.name);
  const answers = async () => (await client.attempt(['curl', '-sf', url('/')])).status === 0;
  await waitUntil('the pair answers', answers, 10_000);
  return created;
};

const url = (path: string) => `http://${virtualAddress4}${path}`;

describe.skipIf(lacks('traffic', ['nginx', 'wrk', 'curl']))('three nginx origins', () => {
  test('curl reaches all of them in turn, over both families', async () => {
    const client = (await bootPair(startNginxOrigin)).host(clientPlan.name);
    for (const address of [virtualAddress4, `[${virtualAddress6}]`]) {
      const names = new Set<string>();
      for (let request = 0; request < 12; request++) {
        names.add(await client.exec(['curl', '-sfg', `http://${address}/`]));
      }
      expect([...names].sort()).toEqual(originPlans.map((plan) => plan.name));
    }
  });

  test('wrk with 64 connections for 10 s: no request fails', async () => {
    const client = (await bootPair(startNginxOrigin)).host(clientPlan.name);
    const output = await client.exec(['wrk', '-t2', '-c64', '-d10s', url('/')], {
      timeoutMs: 30_000,
    });
    expect(output).not.toMatch(/Socket errors|Non-2xx/);
    expect(Number(/(\d+) requests in/.exec(output)?.[1])).toBeGreaterThan(1_000);
  });
});

describe.skipIf(lacks('big bodies', ['curl', 'sha256sum']))('a body of 1 GiB', () => {
  /** Resident memory of the balancer's processes on the active edge. */
  const resident = (host: Host) =>
    host
      .processes()
      .filter(({ commandLine }) => tandem.halves.proxy.test(commandLine))
      .reduce((sum, { residentBytes }) => sum + residentBytes, 0);

  /** Runs a transfer and returns by how much the balancer's memory grew at the most. */
  const growthDuring = async (host: Host, transfer: () => Promise<void>) => {
    const before = resident(host);
    expect(before).toBeGreaterThan(0);
    let most = before;
    const sampler = setInterval(() => {
      most = Math.max(most, resident(host));
    }, 100);
    await transfer().finally(() => clearInterval(sampler));
    return most - before;
  };

  test('goes down unchanged in constant memory', async () => {
    const booted = await bootPair(startNodeOrigin);
    const growth = await growthDuring(booted.host(edgeA.name), async () => {
      const command = `curl -sf ${url(`/bytes/${ONE_GIB}`)} | sha256sum`;
      const sum = await booted
        .host(clientPlan.name)
        .exec(['sh', '-c', command], { timeoutMs: 100_000 });
      expect(sum.split(' ')[0]).toBe(patternHash(ONE_GIB));
    });
    expect(growth).toBeLessThan(64 * 1024 ** 2);
  });

  test.each([
    { form: 'with a length', curl: '-H Transfer-Encoding: -H "Content-Length: $0"' },
    { form: 'in chunks', curl: '' },
  ])('goes up $form in constant memory', async ({ curl }) => {
    const booted = await bootPair(startNodeOrigin);
    const growth = await growthDuring(booted.host(edgeA.name), async () => {
      const command = `head -c "$0" /dev/zero | curl -sf -X POST ${curl} -T - ${url('/count')}`;
      const counted = await booted
        .host(clientPlan.name)
        .exec(['sh', '-c', command, `${ONE_GIB}`], { timeoutMs: 100_000 });
      expect(counted).toBe(`${ONE_GIB}`);
    });
    expect(growth).toBeLessThan(64 * 1024 ** 2);
  });
});

/** SHA-256 of what `/bytes/N` sends. */
const patternHash = (bytes: number) => {
  const chunk = Buffer.alloc(64 * 1024, 'tandem ');
  const hash = createHash('sha256');
  for (let left = bytes; left > 0; left -= chunk.length) hash.update(chunk.subarray(0, left));
  return hash.digest('hex');
};

describe('an orderly stop under load', () => {
  const bootBalancer = async () => {
    const created = await Lab.create({ hosts: [edgeA, ...originPlans, clientPlan] });
    lab = created;
    await Promise.all(originPlans.map((plan) => startNodeOrigin(created.host(plan.name))));
    const host = created.host(edgeA.name);
    writeFileSync(join(host.folder, 'tandem.yaml'), tandemConfig(labSettings(100)));
    const balancer = host.spawn(tandemCommand(host, ['proxy']), { log: 'tandem' });
    const probe = (options: Partial<ProbeOptions>) =>
      Probe.start(
        (argument) =>
          created.host(clientPlan.name).spawn([process.execPath, PROBER, argument], {
            streams: 'pipe',
            log: 'prober',
            instrument: true,
          }).child,
        {
          mode: 'http',
          address: address4(edgeA),
          port: 80,
          durationMs: 30_000,
          timeoutMs: 5_000,
          ...options,
        },
      );
    const answers = async () => {
      const report = await (await probe({ durationMs: 50, everyMs: 25 })).report();
      return report.failed === 0;
    };
    await waitUntil('the balancer answers', answers, 15_000);
    return { balancer, probe };
  };

  test.each([
    { mode: 'http', path: '/slow/200', kind: 'requests that take 200 ms' },
    { mode: 'http', path: '/', kind: 'new connections' },
    { mode: 'keepalive', path: '/slow/50', kind: 'persistent connections' },
  ] as const)('loses no accepted request: $kind', async ({ mode, path }) => {
    const { balancer, probe } = await bootBalancer();
    const running = await probe({ mode, path, everyMs: 5, connections: 16 });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    balancer.child.kill('SIGTERM');
    expect(await balancer.exited).toBe(0);
    const report = await running.stop();
    expect(report.ok).toBeGreaterThan(100);
    // Once it has closed its listeners new clients are refused; whoever got in is answered.
    const { refused: _, ...lost } = report.failures;
    expect(lost).toEqual({});
  });
});
