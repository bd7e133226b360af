import type { CliCommand } from '../command.ts';

/** `tandem reload`: follow the file as it is now. */
export const reload: CliCommand = {
  name: 'reload',
  summary: 'follow the config file as it is now, without breaking a connection',
  group: 'Operation',
  details: `Both halves read the file, check it, and make everything ready beside what runs;
then both follow it, or neither does. A file with a mistake, a port that somebody
else has, a change that takes a restart: the reload is refused with every reason,
and nothing has changed. Connections go on: a request ends under the config it
began with, the next one on its connection has the new one. Exit status 1 when it
was refused. SIGHUP to either half does the same, and tells the log.

It says what it changes, and what clients feel of it; with --dry-run only that. The
file is the one that the halves were started with. The other host of a pair is told
nothing: copy the file and reload there, the Backup first (docs/RELOAD.md).

  tandem check && tandem reload --dry-run
  tandem reload`,
  shared: ['config', 'node', 'json'],
  options: [
    ['--dry-run', 'say what would change and whom that disturbs; do nothing'],
    ['--wait', 'while another reload is under way, wait for its end'],
  ],
  async run(invocation) {
    const { runReload, tellOutcome } = await import('../reload-run.ts');
    const { dryRun, wait } = invocation.options;
    const wish = { dryRun: dryRun === true, wait: wait === true };
    return tellOutcome(await runReload(invocation, wish), invocation);
  },
};
