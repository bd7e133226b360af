/**
 * Priority for the lab's instruments: probers, address monitors, captures and the process that reads
 * them. On a busy machine they would otherwise report their own waiting for a processor as an outage.
 * It is the lowest real-time priority, below the agents' own; where it is refused (no root, some
 * containers) everything runs as usual.
 */
import { spawnSync } from 'node:child_process';
import { labPath } from './requirements.ts';

let allowed: boolean | null = null;

const environment = () => ({ ...process.env, PATH: labPath() });

/** Words to put before a command line; none where the priority is refused. */
export function goFirst(): readonly string[] {
  allowed ??= spawnSync('chrt', ['--rr', '1', 'true'], { env: environment() }).status === 0;
  return allowed ? ['chrt', '--rr', '1'] : [];
}

/** Gives the priority to this process; what it starts afterwards is ordinary again. */
export function goFirstOurselves(): void {
  if (goFirst().length === 0) return;
  const options = ['--all-tasks', '--reset-on-fork', '--rr', '--pid', '1'];
  spawnSync('chrt', [...options, `${process.pid}`], { env: environment() });
}
