import type { ConfigReport } from '../../control/config-report.ts';
import type { ConfigHistory, HistoryEntry } from '../../reload/config-history.ts';
import type { CliCommand, ExitStatus, Invocation } from '../command.ts';
import { defaultConfigPath } from '../program.ts';

/** `tandem rollback`: the config before this one. */
export const rollback: CliCommand = {
  name: 'rollback',
  summary: 'go back to a config that was applied before',
  group: 'Operation',
  details: `The last ten configs that were applied on this host are kept, each once. This one
checks an older one for this node, puts it in the place of the config file, and
reloads. When that is refused the file is as it was. What the file was before is
the newest of the older ones then: rolling back twice leads back.

Files that the config names are not kept: secrets, certificates, pages. The other
host of a pair is told nothing (docs/RELOAD.md).

  tandem rollback --list
  tandem rollback          to the one before this one
  tandem rollback 3        to the third before`,
  shared: ['config', 'node', 'json'],
  arguments: [['[n]', 'which one: 1 (default) is the one before, as --list counts them']],
  options: [['--list', 'show them, and change nothing']],
  async run(invocation) {
    const { args, options, output } = invocation;
    const [text = '1'] = args;
    if (!/^[1-9]\d?$/.test(text)) {
      output.note(`found ${text}; allowed: a number that \`tandem rollback --list\` shows`);
      return 2;
    }
    const { ConfigHistory } = await import('../../reload/config-history.ts');
    const { stateDir } = await import('../../runtime/state-dir.ts');
    const history = new ConfigHistory(stateDir(invocation.env));
    const running = await whatRuns(invocation);
    if (running.objection !== null) {
      output.note(running.objection);
      return 1;
    }
    let entries: readonly HistoryEntry[];
    try {
      entries = await history.list();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      output.note(
        `${history.folder}: ${code === 'EACCES' ? 'this user may not read it; try sudo' : message}`,
      );
      return 1;
    }
    if (options.list === true) return list(entries, running.digest, invocation);
    const older = entries.filter(({ digest }) => digest !== running.digest);
    const entry = older[Number(text) - 1];
    if (entry !== undefined) return goBack(entry, { history, ...running }, invocation);
    const kept =
      older.length === 0 ? 'no older config is kept' : `${older.length} older ones are kept`;
    output.note(`there is no config number ${text} to go back to: ${kept} in ${history.folder}`);
    return 1;
  },
};

/** What the halves run with; where none runs, the file. */
interface Running {
  readonly file: string;
  /** SHA-256; null: nothing is known. */
  readonly digest: string | null;
  readonly node: string | undefined;
  /** Why nothing is to be done here; null: nothing is against it. */
  readonly objection: string | null;
}

async function whatRuns({ env, configPath, node }: Invocation): Promise<Running> {
  const { resolve } = await import('node:path');
  const { askHalf, socketOf } = await import('../halves.ts');
  type Status = { readonly config?: ConfigReport; readonly node?: string };
  const halves = await Promise.all([
    askHalf<Status>(socketOf(env, 'keepalive')),
    askHalf<Status>(socketOf(env, 'proxy')),
  ]);
  const statuses = halves.flatMap((half) => ('status' in half ? [half.status] : []));
  const config = statuses.find((status) => status.config !== undefined)?.config;
  const file = config?.file ?? resolve(configPath);
  const own = statuses.find((status) => status.node !== undefined)?.node;
  const other = configPath !== defaultConfigPath && resolve(configPath) !== file;
  const objection = other
    ? `-c: found ${configPath}; what runs here was started with ${file}`
    : node !== undefined && own !== undefined && own !== node
      ? `--node: found ${node}; the agent here runs as ${own}`
      : null;
  const { checkFile } = await import('../../config/index.ts');
  const digest = config?.digest ?? checkFile(file).digest;
  return { file, digest: digest === '' ? null : digest, node: node ?? own, objection };
}

async function list(
  entries: readonly HistoryEntry[],
  running: string | null,
  { json, output }: Invocation,
): Promise<ExitStatus> {
  const { historyRows, historyView } = await import('../views/history-view.ts');
  const rows = historyRows(entries, running);
  if (json) output.json(rows);
  else for (const line of historyView(rows, Date.now())) output.line(line);
  return 0;
}

async function goBack(
  entry: HistoryEntry,
  { history, file, node }: Pick<Running, 'file' | 'node'> & { readonly history: ConfigHistory },
  invocation: Invocation,
): Promise<ExitStatus> {
  const { rollBack } = await import('../../reload/rollback.ts');
  const { runReload, tellOutcome } = await import('../reload-run.ts');
  const { mistakesIn } = await import('../../processes/mistakes.ts');
  const { json, output } = invocation;
  const result = await rollBack(file, entry, {
    history,
    check: (path) => mistakesIn({ configPath: path, node, balancer: true }),
    reload: () => runReload({ ...invocation, configPath: file }, { wait: true }),
    now: Date.now,
  });
  if (result.type === 'refused') {
    if (json) output.json({ result: 'refused', digest: entry.digest, reasons: result.reasons });
    else {
      for (const reason of result.reasons) output.note(reason);
      output.note('the rollback was refused; nothing has changed');
    }
    return 1;
  }
  if (result.warning !== null) output.note(result.warning);
  if (result.outcome.result !== 'absent') return tellOutcome(result.outcome, invocation);
  if (json) output.json(result.outcome);
  else
    output.line(
      `${file} is config ${entry.digest.slice(0, 12)} again; nothing runs here to follow it`,
    );
  return 0;
}
