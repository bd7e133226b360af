/** The `docker` and Compose commands that the testbed uses. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { attempt, type CommandOptions, run } from '../lab/command.ts';
import { limits } from './limits.ts';

const file = (name: string) => join(import.meta.dirname, name);
const COMPOSE_FILE = file('compose.yaml');
/** Beside the other one: the edges boot systemd. */
const SYSTEMD_FILE = file('compose.systemd.yaml');

/** The Compose project, and the name of its image and network; compose.yaml and .env say the same. */
export const project = 'tandem-testbed';

type Argv = readonly [string, ...string[]];

/** Runs `docker ARGS`; rejects with what it said when it fails. */
export function docker(args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return run(['docker', ...args], { ...outlivingCtrlC, ...options });
}

/** Ctrl-C reaches every process of the terminal; the testbed ends its own commands itself. */
const outlivingCtrlC: CommandOptions = { detached: true, timeoutMs: limits.commandTimeoutMs };

/** Who a program in a container runs as: what the image has, or root with the container's rights. */
export type ContainerUser = 'tandem' | 'root';

/** `docker exec` with standard input and output as pipes. */
export function dockerExec(container: string, user: ContainerUser, argv: Argv): ChildProcess {
  return spawn('docker', ['exec', '--interactive', '--user', user, container, ...argv], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
}

/** Runs Compose on the testbed's files; `systemd`: its edges boot that. */
export async function compose(
  args: readonly string[],
  { systemd = false, ...options }: CommandOptions & { readonly systemd?: boolean } = {},
): Promise<string> {
  const [program, ...command] = await composeCommand();
  const files = [COMPOSE_FILE, ...(systemd ? [SYSTEMD_FILE] : [])];
  const own = ['--project-name', project, ...files.flatMap((it) => ['--file', it])];
  return run([program, ...command, ...own, ...args], { ...outlivingCtrlC, ...options });
}

/** Compose as a plugin of `docker`, or as the program it was before. */
async function composeCommand(): Promise<Argv> {
  const candidates: readonly Argv[] = [['docker', 'compose'], ['docker-compose']];
  for (const candidate of candidates) {
    if (await works([...candidate, 'version'])) return candidate;
  }
  throw new Error('Docker Compose is not installed (`docker compose` or `docker-compose`)');
}

/** Rejects with a sentence for a person when there is no engine. */
export async function demandEngine(): Promise<void> {
  if (await works(['docker', 'version'])) return;
  throw new Error('no Docker engine answers (`docker version` fails)');
}

/** As {@link demandEngine}, and when the testbed is up already. */
export async function demandFreeEngine(): Promise<void> {
  await demandEngine();
  const containers = await projectContainers();
  if (containers.length === 0) return;
  throw new Error(
    'the testbed is already up; take it down first: ' +
      'docker compose -f testbed/docker/compose.yaml down',
  );
}

/** Removes the project's containers and network; what is left after all attempts is an error. */
export async function removeProject(): Promise<void> {
  let failure = 'containers of the testbed are still there';
  for (let attempts = 0; attempts < limits.removalAttemptsMax; attempts++) {
    try {
      await compose(['down', '--volumes', '--remove-orphans', '--timeout', '0']);
      if ((await projectContainers()).length === 0) return;
    } catch (error) {
      failure = (error as Error).message;
    }
  }
  throw new Error(failure);
}

async function projectContainers(): Promise<readonly string[]> {
  const filter = `label=com.docker.compose.project=${project}`;
  const listing = await docker(['ps', '--all', '--quiet', '--filter', filter]);
  return listing.split('\n').filter((line) => line !== '');
}

async function works(argv: Argv): Promise<boolean> {
  const { status } = await attempt(argv, outlivingCtrlC).catch(() => ({ status: -1 }));
  return status === 0;
}
