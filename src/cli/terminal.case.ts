/** A command line with its outcome, for the tests of the commands. */
import type { CliCommand } from './command.ts';
import { runCli } from './program.ts';

/** What a person at a terminal gets. */
export interface Outcome {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `tandem ...args` in this process on a host called `hostname`. */
export async function tandem(
  commands: readonly CliCommand[],
  args: readonly string[],
  { env = {}, hostname = 'elsewhere' }: { env?: NodeJS.ProcessEnv; hostname?: string } = {},
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
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    version: '1.2.3',
  });
  return { status, ...written };
}
