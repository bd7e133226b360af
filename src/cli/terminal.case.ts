/** A command line with its outcome, for the tests of the commands. */
import type { CliCommand } from './command.ts';
import type { HostFacts } from './host-warnings.ts';
import { runCli } from './program.ts';

/** What a person at a terminal gets. */
export interface Outcome {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the command line is run; the host lacks nothing unless `facts` says so. */
export interface Surroundings {
  readonly env?: NodeJS.ProcessEnv;
  readonly hostname?: string;
  readonly facts?: HostFacts;
}

const wellEquipped: HostFacts = {
  kernelRelease: () => '6.18.5',
  nftablesMissing: () => null,
  migratesRequests: () => true,
};

/** Runs `tandem ...args` in this process on a host called `hostname`. */
export async function tandem(
  commands: readonly CliCommand[],
  args: readonly string[],
  { env = {}, hostname = 'elsewhere', facts = wellEquipped }: Surroundings = {},
): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      written[name] += text;
    },
  });
  const status = await runCli(args, commands, {
    env,
    hostname,
    facts,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    version: '1.2.3',
  });
  return { status, ...written };
}
