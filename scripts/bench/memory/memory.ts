/**
 * What connections cost in memory: each contender, freshly started and warmed up, is looked at before and
 * after so many connections stand idle, and another one before and after so many wait for an answer.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../../../testbed/lab/wait-until.ts';
import type { Contender } from '../contender.ts';
import { Fleet, type Runner, type Setting } from '../fleet.ts';
import { limits } from '../limits.ts';
import { runLoad } from '../load.ts';
import { freePorts } from '../ports.ts';
import { usageOf } from '../process-usage.ts';
import { originPaths } from '../scenario.ts';
import { scenarios } from '../scenarios.ts';
import { verify } from '../verify.ts';
import { descriptorsMax } from './descriptors.ts';
import { StandingConnections } from './standing-connections.ts';
import { WAITING_PATH, WaitingOrigin } from './waiting-origin.ts';

/** What the connections do: nothing, or wait for the answer to a request. */
export const connectionStates = ['idle', 'active'] as const;
export type ConnectionState = (typeof connectionStates)[number];

export interface MemoryPlan {
  readonly contenders: readonly Contender[];
  /** Fresh processes per contender and state. */
  readonly rounds: number;
  /** Connections, fewer where the descriptors that a process may have do not suffice; 0 leaves a state out. */
  readonly connections: Readonly<Record<ConnectionState, number>>;
}

export interface MemoryRound {
  /** Resident after the warm-up, without connections. */
  readonly baseBytes: number;
  /** More than that with the connections. */
  readonly growthBytes: number;
}

export interface MemoryRun {
  readonly connections: Readonly<Record<ConnectionState, number>>;
  readonly entries: readonly {
    readonly contender: Contender;
    readonly rounds: Readonly<Record<ConnectionState, readonly MemoryRound[]>>;
  }[];
}

/** Runs it. Rejects when a connection is refused or lost. */
export async function runMemory(plan: MemoryPlan, setting: Setting): Promise<MemoryRun> {
  const fleet = await Fleet.start('memory', setting);
  const [port] = await freePorts(1);
  const waitingOrigin = await WaitingOrigin.start(port!);
  try {
    return await runWith(fleet, waitingOrigin, plan, setting);
  } finally {
    await Promise.all([fleet.stop(), waitingOrigin.close()]);
  }
}

async function runWith(
  fleet: Fleet,
  waitingOrigin: WaitingOrigin,
  plan: MemoryPlan,
  setting: Setting,
): Promise<MemoryRun> {
  const room = descriptorsMax() - limits.descriptorsSpare;
  const connections = {
    idle: Math.min(plan.connections.idle, room),
    // One to the client, one to the server; here the ends of both.
    active: Math.min(plan.connections.active, Math.floor(room / 2)),
  };
  const entries = plan.contenders.map((contender) => ({
    contender,
    rounds: { idle: [] as MemoryRound[], active: [] as MemoryRound[] },
  }));
  for (const state of connectionStates) {
    if (connections[state] === 0) continue;
    setting.progress(`memory: ${connections[state]} ${state} connections`);
    for (let round = 1; round <= plan.rounds; round++) {
      for (const { contender, rounds } of entries) {
        const count = connections[state];
        const wanted = {
          kinds: ['http'],
          cores: setting.cores.proxy,
          connections: count + limits.connectionsSpare,
          ...(state === 'active' ? { origins: [waitingOrigin.port] } : {}),
        } as const;
        const runner = await fleet.add(contender, wanted, `${contender.name}-${state}-${round}`);
        const measured = measureOne(runner, state, count, waitingOrigin, setting);
        rounds[state].push(await measured.finally(() => runner.process.stop()));
        setting.progress(`  round ${round} of ${plan.rounds}: ${contender.name}`);
      }
    }
  }
  return { connections, entries };
}

async function measureOne(
  { process, ports, contender }: Runner,
  state: ConnectionState,
  count: number,
  waitingOrigin: WaitingOrigin,
  { signal }: Setting,
): Promise<MemoryRound> {
  const port = ports.http!;
  const clients = new StandingConnections();
  try {
    await verify(scenarios[0]!, port);
    await runLoad(scenarios[0]!, port, 1, signal);
    const baseBytes = await settled(process.pid);
    const path = state === 'idle' ? originPaths.small : WAITING_PATH;
    await clients.open(port, path, count, state === 'idle');
    const arrived = () => state === 'idle' || waitingOrigin.waiting >= count;
    await waitUntil(`${count} requests in flight`, arrived, limits.readyTimeoutMs);
    const growthBytes = (await settled(process.pid)) - baseBytes;
    clients.assertWhole();
    return { baseBytes, growthBytes };
  } catch (error) {
    throw new Error(`memory, ${state}, ${contender.name}: ${(error as Error).message}`);
  } finally {
    clients.close();
  }
}

/** Resident memory once it has stopped changing, or after a while; collectors of garbage take their time. */
async function settled(pid: number): Promise<number> {
  let before = usageOf(pid).residentBytes;
  for (let look = 0; look < limits.memoryLooksMax; look++) {
    await delay(limits.memoryLookEveryMs);
    const now = usageOf(pid).residentBytes;
    if (Math.abs(now - before) < limits.memorySettledBytes) return now;
    before = now;
  }
  return before;
}
