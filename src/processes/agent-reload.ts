/** What a reload does to the agent's process. */
import {
  type Agent,
  type HeldByRouter,
  heldUnder,
  longestStopDrainMs,
  planAgentReload,
} from '../../keepalive/index.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import { type Logger, setLogLevel } from '../log/logger.ts';
import type { PairLink } from '../pair/index.ts';
import { type PreparedHalf, ReloadRefusal } from '../reload/reload-desk.ts';
import type { PlanLine } from '../reload/reload-half.ts';
import type { HeldFile } from '../runtime/held-file.ts';
import { agentStopMs } from '../supervision/supervisor.ts';
import type { AgentOutlets } from './agent-outlets.ts';
import type { AppliedConfig } from './applied-config.ts';
import { reportStopBound } from './lifecycle.ts';
import { readPairSecret } from './pair-connection.ts';
import { type FileReader, readForReload } from './reload-file.ts';
import { StartupError } from './startup-error.ts';

/** The parts that follow a new config. */
export interface AgentReloadParts {
  readonly reader: FileReader;
  readonly applied: AppliedConfig;
  readonly agent: Pick<Agent, 'reconfigure'>;
  readonly outlets: Pick<AgentOutlets, 'reconfigure'>;
  readonly pair: Pick<PairLink, 'setDigest' | 'setSecret' | 'usesSecret'> | null;
  readonly held: Pick<HeldFile, 'write'>;
  /** Addresses of an agent before this one that could not be taken off. */
  readonly stuck: readonly HeldByRouter[];
  readonly log: Logger;
}

/** Reads the file and says what it would do. Rejects with ReloadRefusal. */
export async function prepareAgentReload(parts: AgentReloadParts): Promise<PreparedHalf> {
  const { applied, reader, pair } = parts;
  const file = await readForReload('agent', reader, applied);
  const before = agentOf(applied.config.agent);
  const after = agentOf(file.config.agent);
  const secret = pairSecretOf(after);
  return {
    offer: file.offer([...planOf(before, after), ...secretLines(pair, secret)]),
    async apply() {
      await follow(parts, before, after);
      if (secret !== null) pair?.setSecret(secret);
      setLogLevel(parts.log, file.config.log.level);
      applied.take(file.config, file.bytes);
      reportStopBound(agentStopMs(longestStopDrainMs(after)));
    },
    abandon: async () => {},
  };
}

/** The order: what is noted covers whatever a death in between may leave on the interfaces. */
async function follow(
  { agent, outlets, pair, held, stuck }: AgentReloadParts,
  before: AgentConfig,
  after: AgentConfig,
): Promise<void> {
  held.write([...heldUnder(before), ...heldUnder(after), ...stuck]);
  try {
    outlets.reconfigure(after);
    await agent.reconfigure(after);
  } catch (error) {
    outlets.reconfigure(before);
    held.write([...heldUnder(before), ...stuck]);
    if (error instanceof RangeError) throw new ReloadRefusal([error.message]);
    throw error;
  }
  held.write([...heldUnder(after), ...stuck]);
  pair?.setDigest(after.digest);
}

function planOf(before: AgentConfig, after: AgentConfig): readonly PlanLine[] {
  try {
    return planAgentReload(before, after);
  } catch (error) {
    if (error instanceof RangeError) throw new ReloadRefusal([error.message]);
    throw error;
  }
}

function pairSecretOf(after: AgentConfig): Uint8Array | null {
  try {
    return readPairSecret(after);
  } catch (error) {
    if (error instanceof StartupError) throw new ReloadRefusal([error.message]);
    throw error;
  }
}

function secretLines(pair: AgentReloadParts['pair'], secret: Uint8Array | null): PlanLine[] {
  if (pair === null || secret === null || pair.usesSecret(secret)) return [];
  const detail = 'the agents are not connected until the other host has it';
  return [{ what: 'changed', kind: 'setting', name: 'pair.secret', disturbs: null, detail }];
}

/** Whoever runs as an agent has that part, and a reload that takes it away was refused before. */
function agentOf(config: AgentConfig | null): AgentConfig {
  if (config === null) throw new Error('there is no agent in this config');
  return config;
}
