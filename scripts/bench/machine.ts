/** What the numbers were measured on; without it they say nothing. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly kernel: string;
  readonly system: string;
  readonly loadGenerator: string;
}

/** This machine. */
export function machineHere(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    system: systemName(),
    loadGenerator: loadGeneratorVersion(),
  };
}

function systemName(): string {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? 'Linux';
  } catch {
    return 'Linux';
  }
}

/** `wrk -v` prints its version, then its usage, and exits 1. */
function loadGeneratorVersion(): string {
  const wrk = spawnSync('wrk', ['-v'], { encoding: 'utf8' }).stdout;
  const h2load = spawnSync('h2load', ['--version'], { encoding: 'utf8' }).stdout;
  const versions = [/^wrk \S+/.exec(wrk)?.[0] ?? 'wrk', h2load?.trim() || 'h2load'];
  return versions.join(', ');
}
