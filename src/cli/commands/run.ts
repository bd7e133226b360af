import type { CliCommand } from '../command.ts';

/** `tandem run`: both halves in the foreground. */
export const run: CliCommand = {
  name: 'run',
  summary: 'run both halves in the foreground',
  group: 'Processes',
  details: `Starts tandem keepalive and tandem proxy, restarts what dies, and removes the virtual
addresses when the agent dies. Ctrl-C or SIGTERM stops in order: the addresses first, then
the balancer once it has finished what it has in flight; a second one stops at once.
On hosts with systemd, prefer the two units.`,
  shared: ['config', 'node'],
  async run({ configPath, node }) {
    const { mustStart } = await import('../../processes/must-start.ts');
    const { runBoth } = await import('../../processes/run-process.ts');
    const status = await mustStart(runBoth({ configPath, node }));
    process.exit(status);
  },
};
