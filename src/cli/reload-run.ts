/** Drives a reload from the command line, for `tandem reload` and `tandem rollback`. */
import { resolve } from 'node:path';
import { coordinateReload, type ReloadOutcome } from '../reload/coordinator.ts';
import { reloadInTurn } from '../reload/in-turn.ts';
import { formatOutcome } from '../reload/outcome-lines.ts';
import type { Offer } from '../reload/reload-half.ts';
import { halvesOf } from '../reload/socket-half.ts';
import { runtimeDir } from '../runtime/runtime-dir.ts';
import type { ExitStatus, Invocation } from './command.ts';
import { defaultConfigPath } from './program.ts';
import { planView } from './views/plan-view.ts';

/** How it is meant. */
export interface ReloadWish {
  readonly dryRun?: boolean;
  /** While another reload is under way it is waited for. */
  readonly wait?: boolean;
}

/** Reloads this host's halves, or says what would be done. Never rejects. */
export async function runReload(
  { env, configPath, node }: Pick<Invocation, 'env' | 'configPath' | 'node'>,
  { dryRun = false, wait = false }: ReloadWish,
): Promise<ReloadOutcome> {
  const halves = halvesOf(runtimeDir(env));
  const request = { dryRun, judge: (offer: Offer) => objection(offer, { configPath, node }) };
  if (wait) return reloadInTurn(halves, request);
  return coordinateReload(halves, { ...request, token: crypto.randomUUID() });
}

/** What runs was started with a file and a node of its own: another one was meant. */
function objection(offer: Offer, { configPath, node }: Pick<Invocation, 'configPath' | 'node'>) {
  if (configPath !== defaultConfigPath && resolve(configPath) !== offer.file) {
    return `-c: found ${configPath}; what runs here was started with ${offer.file}`;
  }
  if (node === undefined || node === offer.node) return null;
  return `--node: found ${node}; this host runs as ${offer.node ?? 'a plain balancer'}`;
}

/** Prints what became of it. */
export function tellOutcome(outcome: ReloadOutcome, { json, output }: Invocation): ExitStatus {
  const exit = GOOD.has(outcome.result) ? 0 : 1;
  if (json) {
    output.json(outcome);
    return exit;
  }
  for (const line of planView(outcome.plan)) output.line(line);
  for (const warning of outcome.warnings) output.note(warning);
  for (const reason of outcome.reasons) output.note(reason);
  if (exit === 0) output.line(formatOutcome(outcome));
  else output.note(formatOutcome(outcome));
  return exit;
}

const GOOD: ReadonlySet<ReloadOutcome['result']> = new Set(['applied', 'unchanged', 'planned']);
