/**
 * A worker's rehearsal: before it accepts anybody it serves itself, so that the code its traffic runs
 * through is compiled when the first client comes. On a Backup that becomes Active, that first
 * client is everybody at once.
 *
 *   own clients --loopback--> a data plane on ports of its own --loopback--> own origin
 *
 * It has counters of its own that nobody reads, and never comes near a configured server.
 */

import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { openListenSocket } from '../../src/os/listen-socket.ts';
import type { LineMail } from '../access-log/outbox.ts';
import type { DrainingAddress } from '../draining/drains.ts';
import type { IoEngine } from '../io/engine.ts';
import { createLimitsMemory } from '../limiting/limit-memory.ts';
import {
  WARM_UP_CONCURRENCY,
  WARM_UP_MAX_MS,
  WARM_UP_SCENES_MAX,
  WARM_UP_WORK_MS,
} from '../limits.ts';
import type { Logger } from '../ports.ts';
import { processNow } from '../shared/process-clock.ts';
import { createSharedState } from '../shared/shared-state.ts';
import { rowsInOrder } from '../shared/traffic-rows.ts';
import { serverIdentity } from '../upstream/identity.ts';
import { DataPlane } from '../worker.ts';
import type { WorkerSetup } from '../worker-messages.ts';
import { type Stages, stagesFor } from './rehearsal-config.ts';
import { startRehearsalOrigin } from './rehearsal-origin.ts';
import { MARK, NAME, SCENES, type Scene } from './scenes.ts';

const HOST = '127.0.0.1';

/** Its requests are in no log. */
const NO_MAIL: LineMail = { send() {} };

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => SILENT };

/**
 * Plays the scenes of the worker's listeners, in turn, until this thread has worked for `WARM_UP_WORK_MS`,
 * for at most `WARM_UP_MAX_MS`; returns how many came to their end. Rejects where the loopback does not work.
 */
export async function warmUp(
  engine: IoEngine,
  { config, tls: material }: Pick<WorkerSetup, 'config' | 'tls'>,
): Promise<number> {
  const origin = await startRehearsalOrigin(HOST);
  try {
    const stages = stagesFor(config.listeners, material, origin.port);
    const scenes = SCENES.filter((scene) => isPlayed(scene, stages));
    return scenes.length === 0 ? 0 : await playAll(scenes, engine, stages);
  } finally {
    origin.close();
  }
}

async function playAll(
  scenes: readonly Scene[],
  engine: IoEngine,
  stages: Stages,
): Promise<number> {
  const until = performance.now() + WARM_UP_MAX_MS;
  const enough = workedMs() + WARM_UP_WORK_MS;
  const { plane, ports } = openStages(engine, stages);
  let begun = 0;
  let played = 0;
  const client = async () => {
    while (begun < WARM_UP_SCENES_MAX && workedMs() < enough && performance.now() < until) {
      const scene = scenes[begun++ % scenes.length]!;
      // A move comes once in a month, and the clients of that moment should not wait for its code either.
      plane.drainAddresses(begun % 2 === 0 ? [] : [farFromOver()], () => {});
      const port = ports.get(scene.stage)!;
      // What does not work for the rehearsal may still do for clients, and is not tried for long.
      if (!(await play(scene, port, until - performance.now()))) return;
      played++;
    }
  };
  await Promise.all(Array.from({ length: WARM_UP_CONCURRENCY }, client));
  await plane.stopAccepting();
  await plane.drain(0);
  return played;
}

/** The clients' side of a move: those who are connected go on, and are counted. */
function farFromOver(): DrainingAddress {
  return { address: HOST, deadlineAt: processNow() + 2 * WARM_UP_MAX_MS, politeMs: 0 };
}

/** Processor time of this thread, ms. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function isPlayed({ stage, protocol }: Scene, { config, protocols }: Stages): boolean {
  const listener = config.listeners.find(({ name }) => name === stage);
  if (listener === undefined) return false;
  if (listener.protocol !== 'http') return true;
  const http2 = listener.http2 ?? null;
  if (stage === 'plain') return protocol !== 'h2' || http2?.cleartext === true;
  return protocol === 'h2' ? protocols.includes('h2') && http2 !== null : true;
}

function openStages(engine: IoEngine, { config, tls: material }: Stages) {
  const opened = config.listeners.map(({ name }) => {
    const bind = { host: HOST, port: 0, freeBind: false, reusePort: false };
    return { name, ...openListenSocket({ ...bind, backlog: WARM_UP_CONCURRENCY }) };
  });
  const [server] = config.upstreams[0]!.servers;
  const setup = {
    index: 0,
    io: engine.name,
    config,
    state: createSharedState({ workers: 1, serversMax: 1, listenersMax: opened.length }),
    serverSlots: { [serverIdentity(NAME, server!)]: 0 },
    serversVersion: 0,
    ...rowsInOrder(config.listeners),
    generation: 1,
    destinations: {},
    sockets: opened.map(({ name, fd }) => ({ listener: name, key: name, fd })),
    limits: createLimitsMemory(config),
    caches: [],
    tls: material,
    warmUp: false,
  };
  const ports = new Map(opened.map(({ name, port }) => [name, port]));
  return { ports, plane: new DataPlane(setup, engine, SILENT, NO_MAIL) };
}

/** A scene over a connection of its own. False: not to its end in time. */
async function play({ stage, protocol, turns }: Scene, port: number, timeoutMs: number) {
  const socket = stage === 'secure' ? connectSecurely(port, protocol) : net.connect(port, HOST);
  const late = setTimeout(() => socket.destroy(), timeoutMs);
  let [at, answers] = [0, 0];
  socket.on('error', () => {});
  socket.on('data', (bytes: Buffer) => {
    answers += marksIn(bytes);
    if (at === turns.length || answers < turns[at]!.answers) return;
    answers = 0;
    at++;
    if (at < turns.length) socket.write(turns[at]!.bytes);
    else socket.end();
  });
  socket.write(turns[0]!.bytes);
  await new Promise((resolve) => socket.on('close', resolve));
  clearTimeout(late);
  return at === turns.length;
}

function connectSecurely(port: number, protocol: string): Socket {
  // Whose certificate it is matters to nobody here.
  return tls.connect({ port, host: HOST, ALPNProtocols: [protocol], rejectUnauthorized: false });
}

/** Answers come whole: each is far shorter than what is written at once. */
function marksIn(bytes: Buffer): number {
  let marks = 0;
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + MARK.length)) marks++;
  return marks;
}
