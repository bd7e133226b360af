/**
 * A pair under load that is reloaded over and over: the Backup first, then the Active host, as an operator
 * does, with a file that is another one each time.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ask } from '../../src/control/client.ts';
import { readEvents } from '../../src/control/event-client.ts';
import { coordinateReload } from '../../src/reload/coordinator.ts';
import { halvesOf } from '../../src/reload/socket-half.ts';
import { tandemPair } from '../handover/edges/tandem.ts';
import { limits as handoverLimits } from '../handover/limits.ts';
import type { LoadSize } from '../handover/load/plan.ts';
import { RunningLoad } from '../handover/load/running-load.ts';
import { addressOf, HandoverPair } from '../handover/pair.ts';
import { resultOf } from '../handover/result.ts';
import { Capture, readCapture } from '../lab/capture.ts';
import type { Host } from '../lab/host.ts';
import { monotonicMs } from '../lab/monotonic.ts';
import { tandem } from '../lab/stacks/tandem.ts';
import { reloadConfigs } from './configs.ts';
import type { Observation, ProcessSample, ReloadMark, WireAdvert } from './judge.ts';
import { limits } from './limits.ts';

/** How much of it. */
export interface ReloadRun {
  readonly reloads: number;
  readonly overMs: number;
}

/** What the issue asks for: 20 WebSockets and 20 TCP sessions, each with a message every 50 ms. */
const SIZE: LoadSize = { http1: 40, websockets: 20, http2: 4, tcp: 20, bulkBytes: 32 * 1024 ** 2 };

/** Boots a pair, reloads it, and takes it all down again. Rejects when it could not be measured. */
export async function runReloads(
  run: ReloadRun,
  onStep: (text: string) => void,
): Promise<Observation> {
  const pair = await HandoverPair.boot(tandemPair);
  try {
    await pair.restore();
    onStep('the pair serves');
    return await observe(pair, run, onStep);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${pair.logs()}`);
  } finally {
    await pair.close();
  }
}

async function observe(
  pair: HandoverPair,
  run: ReloadRun,
  onStep: (text: string) => void,
): Promise<Observation> {
  const [active, backup] = pair.edges.map((edge) => pair.host(edge)) as [Host, Host];
  const drained = await drainOne(active, pair);
  const transitions = watchStates([active, backup]);
  const load = await RunningLoad.start(pair.client, {
    ...{ address: addressOf[4], size: SIZE, bulkMs: limits.bulkMs },
    durationMaxMs: limits.loadMaxMs,
  });
  await delay(limits.quietMs);
  const capture = await Capture.start(pair.client, 'reload', 'ip proto 112 or ip6 proto 112');
  onStep(`${run.reloads} reloads of both hosts`);
  const fromMs = monotonicMs();
  const { marks, samples } = await reloadAll(pair, [backup, active], run);
  const toMs = monotonicMs();
  await delay(limits.afterwardsMs);
  await capture.stop();
  const adverts = await advertsIn(capture);
  const report = await load.finish({ calm: { fromMs, toMs: fromMs }, moves: { fromMs, toMs } });
  const { kinds } = resultOf(
    { stack: tandemPair.name, scene: 'reload', family: 4 },
    ...([report, fromMs, null, []] as const),
  );
  return {
    ...{ advertMs: handoverLimits.advertMs, reloads: run.reloads, overMs: run.overMs },
    ...{ marks, samples, adverts, clients: kinds, transitions },
    lostDrains: (await drainsOn(active)).includes(drained) ? [] : [drained],
  };
}

async function reloadAll(
  pair: HandoverPair,
  hosts: readonly [backup: Host, active: Host],
  { reloads, overMs }: ReloadRun,
) {
  const marks: ReloadMark[] = [];
  const samples: ProcessSample[] = [];
  const configs = reloadConfigs(pair.settings);
  const startedMs = monotonicMs();
  for (let count = 1; count <= reloads; count++) {
    const text = configs[count % configs.length]!;
    for (const host of hosts) marks.push(await reloadHost(host, text));
    samples.push(...lookAt(hosts[1]));
    await delay(Math.max(0, startedMs + (count * overMs) / reloads - monotonicMs()));
  }
  return { marks, samples };
}

/** Another file on the host, and both halves after it. */
export async function reloadHost(host: Host, text: string): Promise<ReloadMark> {
  writeFileSync(join(host.folder, 'tandem.yaml'), text);
  const atMs = monotonicMs();
  const halves = halvesOf(join(host.runFolder, 'tandem'));
  const outcome = await coordinateReload(halves, { token: crypto.randomUUID() });
  const said = [...outcome.reasons, ...outcome.warnings];
  return { host: host.name, atMs, tookMs: monotonicMs() - atMs, result: outcome.result, said };
}

function lookAt(host: Host): readonly ProcessSample[] {
  const processes = host.processes();
  return Object.entries(tandem.halves).flatMap(([half, pattern]) =>
    processes
      .filter(({ commandLine }) => pattern.test(commandLine))
      .map(({ pid, residentBytes }) => ({
        ...{ half, atMs: monotonicMs(), residentBytes },
        descriptors: readdirSync(`/proc/${pid}/fd`).length,
      })),
  );
}

async function advertsIn({ file }: Capture): Promise<readonly WireAdvert[]> {
  const packets = await readCapture(file, 'vrrp', ['frame.time_epoch', 'ip.src', 'ipv6.src']);
  return packets.map((packet) => ({
    atMs: Number(packet['frame.time_epoch']) * 1000,
    from: packet['ip.src'] || packet['ipv6.src'],
  }));
}

/** What must not be forgotten: the first server of the web gets no new work. */
async function drainOne(host: Host, pair: HandoverPair): Promise<string> {
  const server = `${pair.settings.origins[0]}:80`;
  const query = new URLSearchParams({ server, drain: '1' });
  const { status, body } = await ask(socketOf(host, 'proxy.sock'), `/servers?${query}`, 'POST');
  if (status !== 200) throw new Error(`${server} could not be drained: ${body}`);
  return server;
}

interface DrainingStatus {
  readonly upstreams: readonly {
    readonly servers: readonly { readonly server: string; readonly draining: boolean }[];
  }[];
}

async function drainsOn(host: Host): Promise<readonly string[]> {
  const { body } = await ask(socketOf(host, 'proxy.sock'), '/status');
  const { upstreams } = JSON.parse(body) as DrainingStatus;
  return upstreams.flatMap(({ servers }) =>
    servers.flatMap(({ server, draining }) => (draining ? [server] : [])),
  );
}

/** Every change of state from now on. */
function watchStates(hosts: readonly Host[]): readonly string[] {
  const seen: string[] = [];
  for (const host of hosts) {
    readEvents(socketOf(host, 'events.sock'), (line) => {
      const { type, router, from, to, why } = JSON.parse(line) as Record<string, string>;
      if (type === 'transition') seen.push(`${host.name}: ${router} ${from} to ${to}: ${why}`);
    }).catch(() => {});
  }
  return seen;
}

function socketOf(host: Host, name: string): string {
  return join(host.runFolder, 'tandem', name);
}
