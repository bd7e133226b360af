/** `tandem keepalive`: the VRRP agent wired to the kernel, the balancer's socket and the CLI. */
import { join } from 'node:path';
import {
  createFileWatcher,
  createProcessScanner,
  createScriptRunner,
  heldAtDeath,
  heldUnder,
  longestStopDrainMs,
  openConnectionCensus,
  openLeases,
  openNetwork,
  openSecondChances,
  releaseAddresses,
  removeFormer,
  removeLeftRules,
  startAgent,
  systemClock,
} from '../../keepalive/index.ts';
import { createLogger } from '../log/logger.ts';
import { reserveDescriptors } from '../os/descriptor-table.ts';
import { sdNotify } from '../os/sd-notify.ts';
import { claimHalf } from '../runtime/half-lock.ts';
import { HeldFile } from '../runtime/held-file.ts';
import { ensureRuntimeDir, SOCKETS } from '../runtime/runtime-dir.ts';
import { stateDir } from '../runtime/state-dir.ts';
import { agentStopMs } from '../supervision/supervisor.ts';
import { type BalancerListener, listenForBalancer } from '../tracking/readiness-server.ts';
import { resumeOrders, serveControl } from './agent-control.ts';
import { AgentOutlets } from './agent-outlets.ts';
import { AppliedConfig } from './applied-config.ts';
import { CRASH, reportReady, reportStopBound, superviseProcess } from './lifecycle.ts';
import { loadInWorker, type ProcessOptions } from './load-in-worker.ts';
import { connectPair, readPairSecret } from './pair-connection.ts';
import { demandAgentPrivileges } from './privileges.ts';
import { RealTime } from './real-time.ts';
import { startAgentReloads } from './reloads.ts';
import { startWith } from './start.ts';
import { StartupError } from './startup-error.ts';

/** Of a hundred virtual routers. Making room in the moment of a move would cost it 10 ms and more. */
const DESCRIPTORS_FROM_THE_START = 1024;

/**
 * Runs the agent until it is told to end. Throws StartupError for what the operator can mend.
 */
export async function runKeepalive(options: ProcessOptions): Promise<void> {
  const { agentConfig, config, bytes, log } = await load(options);
  const { journal } = config.log;
  demandAgentPrivileges();
  void reserveDescriptors(DESCRIPTORS_FROM_THE_START);
  const secret = readPairSecret(agentConfig);
  const runtimeDir = ensureRuntimeDir(process.env);
  // Before the kernel is touched: an agent that runs already must not lose a thing to this one.
  const lock = claimHalf('keepalive', runtimeDir);
  const network = await openNetwork(log, runtimeDir);
  const scripts = createScriptRunner(log);
  const held = new HeldFile(runtimeDir);
  // Before the leases of an agent that was killed are swept: they are what mutes these.
  const stuck = await removeFormer(held.read(), agentConfig, { network, log });
  held.write([...heldUnder(agentConfig), ...stuck]);
  const files = createFileWatcher();
  const leases = openLeases(log, runtimeDir);
  const secondChances = openSecondChances(log, runtimeDir);
  const census = openConnectionCensus();
  const outlets = new AgentOutlets({ config: agentConfig, runtimeDir, scripts, journal, log });
  const pair = connectPair(agentConfig, secret, log);
  let balancer: BalancerListener | null = null;
  const agent = startAgent(agentConfig, {
    clock: systemClock,
    network,
    scripts,
    files,
    processes: createProcessScanner(),
    leases,
    secondChances,
    census,
    ...(pair === null ? {} : { peer: pair }),
    checkOrigins: (round) => balancer?.checkOrigins(round) ?? false,
    tellDrains: (drains) => balancer?.drain(drains),
    random: Math.random,
    wallClock: () => Date.now() * 1000,
    log,
    ...outlets.ports(),
  });
  const operator = resumeOrders(agent, runtimeDir, log);
  const feed = await listenForBalancer(join(runtimeDir, SOCKETS.agent), log, (sign) =>
    agent.setProxy(sign),
  );
  balancer = feed;
  await outlets.serve(agent);
  const realTime = new RealTime(log);
  const applied = new AppliedConfig(options.configPath, stateDir(process.env), config, log);
  const reload = startAgentReloads(
    { options, runtimeDir },
    { applied, agent, outlets, pair, held, stuck, log },
  );
  const control = await serveControl(runtimeDir, {
    ...{ agent, operator, outlets, realTime, applied, log },
    desk: reload.desk,
  });
  pair?.start();
  const hurry = Promise.withResolvers<void>();
  superviseProcess(
    {
      // The peer is told that the drain is over, or it would pass packets on to nobody.
      hurry: () => hurry.resolve(),
      reload: reload.request,
      async stop(reason) {
        sdNotify('STOPPING=1');
        reload.close();
        // A process with a defect in it has no time to negotiate.
        const ended = agent.stop(reason === CRASH ? 'at-once' : 'in-order');
        await Promise.race([ended, hurry.promise.then(() => agent.stop('at-once'))]);
        held.clear(stuck);
        const parts = [feed, control, outlets, realTime, files, secondChances, census, leases];
        for (const part of [pair, ...parts, network]) part?.close();
        lock.release();
        // A successor need not wait for what only tells of the end.
        await outlets.finish();
        scripts.close();
        log.info({ reason }, 'the agent has stopped; its addresses are released');
      },
    },
    log,
  );
  applied.take(config, bytes);
  reportStopBound(agentStopMs(longestStopDrainMs(agentConfig)));
  reportReady();
}

/**
 * `tandem keepalive --release`: takes this node's virtual addresses off its interfaces and ends.
 * For the moment after an agent's death (ExecStopPost); beside a living one it refuses. A file that
 * is no longer of use takes nothing away from what the agent has noted.
 */
export async function runRelease(options: ProcessOptions): Promise<void> {
  const runtimeDir = ensureRuntimeDir(process.env);
  const held = new HeldFile(runtimeDir);
  const { agentConfig, log } = await load({ ...options, secretless: true }).catch(
    (error: Error) => {
      if (held.read().length === 0) throw error;
      const log = createLogger('info', { half: 'keepalive', node: null });
      log.warn(
        {},
        `${error.message}\nOnly what the agent itself has noted is taken off the interfaces`,
      );
      return { agentConfig: null, log };
    },
  );
  demandAgentPrivileges();
  const lock = claimHalf('keepalive', runtimeDir);
  const network = await openNetwork(log, runtimeDir);
  const leases = openLeases(log, runtimeDir);
  const secondChances = openSecondChances(log, runtimeDir);
  try {
    if (await releaseAddresses(heldAtDeath(agentConfig, held.read()), network, log, leases))
      held.clear();
  } finally {
    // Not before the addresses: what they pass on would be reset by this host.
    removeLeftRules(secondChances, log);
    secondChances.close();
  }
  leases.close();
  network.close();
  lock.release();
}

async function load(options: ProcessOptions) {
  const loaded = await loadInWorker(options);
  const { config, bytes, log } = startWith(loaded, 'keepalive', options.configPath);
  if (config.agent === null) {
    throw new StartupError(
      `${options.configPath} has no virtual_routers: there is nothing for the agent to do`,
    );
  }
  return { agentConfig: config.agent, config, bytes, log };
}
