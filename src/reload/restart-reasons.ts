/** What a reload cannot change in a process that runs, as an operator reads it. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { CompiledConfig } from '../config/index.ts';
import type { HalfName } from './reload-half.ts';

const RESTART = {
  agent: 'sudo systemctl restart tandem-keepalive (it hands the addresses over first)',
  both: 'sudo systemctl restart tandem.target (the addresses are handed over first)',
};

/** A sentence for each; none: the half can go from one to the other. */
export function restartReasons(
  half: HalfName,
  before: CompiledConfig,
  after: CompiledConfig,
): readonly string[] {
  const reasons: string[] = [];
  if (before.node !== after.node) {
    const [was, is] = [before, after].map(({ node }) => node ?? 'none of the nodes');
    reasons.push(`this node is ${is} in the file, and runs as ${was}: ${RESTART.both}`);
  }
  for (const [part, section] of [
    ['agent', 'virtual_routers'],
    ['proxy', 'listeners'],
  ] as const) {
    const [had, has] = [before[part] !== null, after[part] !== null];
    if (had === has) continue;
    const what = has
      ? `the file has ${section} now, and nothing runs for them`
      : `the file has no ${section} any more`;
    reasons.push(`${what}: a reload starts and ends no half: ${RESTART.both}`);
  }
  if (half === 'agent') reasons.push(...agentReasons(before, after));
  return reasons;
}

function agentReasons(before: CompiledConfig, after: CompiledConfig): readonly string[] {
  const reasons: string[] = [];
  // Where the secret is; what it holds may change.
  if (after.agent !== null && !isDeepStrictEqual(before.agent?.pair, after.agent.pair)) {
    reasons.push(`pair, or pair_addresses of a node, is another than before: ${RESTART.agent}`);
  }
  if (!isDeepStrictEqual(before.log.journal, after.log.journal)) {
    reasons.push(`log.journal is another than before: ${RESTART.agent}`);
  }
  return reasons;
}
