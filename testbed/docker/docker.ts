/** The `docker` commands the testbed uses. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { attempt, type CommandOptions, run } from '../lab/command.ts';

const COMPOSE_FILE = join(import.meta.dirname, 'compose.yaml');

/** Building the image copies the packages and Node.js; pulling its base may take longer still. */
const BUILD_TIMEOUT_MS = 600_000;
const COMMAND_TIMEOUT_MS = 60_000;

/** The container that plays a host. */
export function container(host: string): string {
  return `tandem-${host}`;
}

/** Runs `docker ...`; rejects with what it said when it fails. */
export function docker(args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return run(['docker', ...args], { timeoutMs: COMMAND_TIMEOUT_MS, ...options });
}

/** Starts `docker exec` on a host with standard input and output as pipes. */
export function dockerExec(host: string, argv: readonly string[]): ChildProcess {
  return spawn('docker', ['exec', '-i', container(host), ...argv], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

/** Runs Compose on the testbed's file, whichever of its two forms is installed. */
export async function compose(args: readonly string[]): Promise<string> {
  const command = await composeCommand();
  return run([...command, '-p', 'tandem-testbed', '-f', COMPOSE_FILE, ...args], {
    timeoutMs: BUILD_TIMEOUT_MS,
  });
}

async function composeCommand(): Promise<[string, ...string[]]> {
  const answers = async (argv: readonly [string, ...string[]]) => {
    const { status } = await attempt(argv).catch(() => ({ status: -1 }));
    return status === 0;
  };
  if (await answers(['docker', 'compose', 'version'])) return ['docker', 'compose'];
  if (await answers(['docker-compose', 'version'])) return ['docker-compose'];
  throw new Error('Docker Compose is not installed (docker compose, or docker-compose)');
}
