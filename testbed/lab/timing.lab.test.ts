/** What the agent asks the kernel for to be on time, and that it has it in a real process. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { labSettings } from '../drills/lab-place.ts';
import { edgeA, originPlans, pairPlan, virtualAddress4 } from './address-plan.ts';
import { agentStatus } from './agent-status.ts';
import { Lab } from './lab.ts';
import { startNodeOrigin } from './stacks/origins.ts';
import { tandem } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

let lab: Lab;

beforeEach(async () => {
  lab = await Lab.create({ hosts: pairPlan });
  await Promise.all(originPlans.map((plan) => startNodeOrigin(lab.host(plan.name))));
  const watch = await lab.watch(virtualAddress4, [edgeA.name]);
  await tandem.start(lab.host(edgeA.name), labSettings(100));
  await watch.until((holders) => holders.join() === edgeA.name, 40_000);
});
afterEach(() => lab.close());

/** Scheduling policy of each thread: 0 normal, 2 round-robin (proc(5), column 41). */
function policies(pid: number): number[] {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder).map((thread) => {
    const stat = readFileSync(join(folder, thread, 'stat'), 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38]);
  });
}

/** Memory a process has locked, as the kernel counts it. */
function lockedBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmLck:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

test('every thread of the agent is round-robin, its text locked, its lateness known', async () => {
  const host = lab.host(edgeA.name);
  const agent = host
    .processes()
    .find(({ commandLine }) => tandem.halves.keepalive.test(commandLine));
  expect(agent?.commandLine).toContain('--single-threaded-gc');
  // Threads made after the first request are found within five seconds.
  await waitUntil(
    'real-time priority on every thread',
    () => policies(agent!.pid).every((policy) => policy === 2),
    10_000,
  );
  expect(policies(agent!.pid).length).toBeGreaterThan(1);
  const sentSeveral = async () => {
    const told = await agentStatus(host);
    return (told?.routers[0]?.advertLateness.recent.count ?? 0) > 3;
  };
  await waitUntil('the lateness of some adverts', sentSeveral, 10_000);
  const report = (await agentStatus(host))!;
  expect(report.timing).toMatchObject({ realTime: true, realTimeRefusal: null });
  expect(report.timing.lockedBytes).toBeGreaterThan(0);
  // V8 takes and gives back pages all the time: what the agent says and what is seen from here agree
  // when it did neither between the two looks.
  const agree = async () => {
    const told = (await agentStatus(host))!.timing.lockedBytes;
    return lockedBytes(agent!.pid) >= told;
  };
  await waitUntil('as much memory locked as the agent says', agree, 10_000);
  expect(report.timerLateness.recent.count).toBeGreaterThan(0);
});
