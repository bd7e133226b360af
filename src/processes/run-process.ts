/** `tandem run`: both halves in the foreground, for containers, the lab, and a first look. */
import {
  heldAtDeath,
  longestStopDrainMs,
  openLeases,
  openNetwork,
  openSecondChances,
  releaseAddresses,
  removeLeftRules,
} from '../../keepalive/index.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { Logger } from '../log/logger.ts';
import { tryClaimHalf } from '../runtime/half-lock.ts';
import { HeldFile } from '../runtime/held-file.ts';
import { ensureRuntimeDir } from '../runtime/runtime-dir.ts';
import {
  agentStopMs,
  balancerStopMs,
  type HalfSpec,
  Supervisor,
} from '../supervision/supervisor.ts';
import { balancerEnded } from './ended.ts';
import { loadHere, type ProcessOptions } from './load-in-worker.ts';
import { NODE_FLAGS } from './node-flags.ts';
import { demandAgentPrivileges } from './privileges.ts';
import { startWith } from './start.ts';
import { StartupError } from './startup-error.ts';

/** Runs both halves; resolves to the exit status. Throws StartupError for a config or host that cannot. */
export async function runBoth(options: ProcessOptions): Promise<number> {
  const { config, log } = startWith(loadHere(options), 'run', options.configPath);
  if (config.agent === null && config.proxy === null) {
    throw new StartupError(`${options.configPath} has neither listeners nor virtual_routers`);
  }
  const args = ['-c', options.configPath];
  if (config.node !== null) args.push('--node', config.node);
  const halves: HalfSpec[] = [];
  if (config.agent !== null) halves.push(await agentHalf(config.agent, args, log));
  if (config.proxy !== null) {
    halves.push({
      name: 'proxy',
      nodeFlags: NODE_FLAGS.proxy,
      args: ['proxy', ...args],
      stopMs: balancerStopMs(config.proxy.drainTimeoutMs),
      afterDeath: async (signal) => balancerEnded(signal, ensureRuntimeDir(process.env)),
    });
  }
  const supervisor = new Supervisor(halves, log);
  process.on('SIGTERM', () => void supervisor.stop());
  process.on('SIGINT', () => void supervisor.stop());
  process.on('SIGHUP', () => supervisor.reload());
  process.on('SIGUSR1', () => supervisor.reopenLogs());
  supervisor.start();
  return supervisor.finished;
}

/**
 * The agent, and the removal of its addresses when it dies. The netlink socket for that is open
 * from the start: after a death there is no time to find out that it cannot be had.
 */
async function agentHalf(
  config: AgentConfig,
  args: readonly string[],
  log: Logger,
): Promise<HalfSpec> {
  demandAgentPrivileges();
  const runtimeDir = ensureRuntimeDir(process.env);
  const network = await openNetwork(log, runtimeDir);
  const leases = openLeases(log, runtimeDir);
  const secondChances = openSecondChances(log, runtimeDir);
  return {
    name: 'keepalive',
    nodeFlags: NODE_FLAGS.keepalive,
    args: ['keepalive', ...args],
    stopMs: agentStopMs(longestStopDrainMs(config)),
    async afterDeath() {
      const lock = tryClaimHalf('keepalive', runtimeDir);
      // Ours never got it: the addresses are in the care of an agent that lives.
      if (lock === null) return;
      try {
        // The agent that died may have read another version of the file than we have.
        const held = new HeldFile(runtimeDir);
        const routers = heldAtDeath(config, held.read());
        if (await releaseAddresses(routers, network, log, leases)) held.clear();
      } finally {
        // Not before the addresses: what they pass on would be reset by this host.
        removeLeftRules(secondChances, log);
        lock.release();
      }
    },
  };
}
