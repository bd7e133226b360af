/** The command line: commander's program out of the table of commands. */
import { Command, CommanderError } from 'commander';
import { StartupError } from '../processes/startup-error.ts';
import type { CliCommand, ExitStatus, Invocation, SharedOption } from './command.ts';
import { fillText } from './help-text.ts';
import type { HostFacts } from './host-warnings.ts';
import { createOutput, type TextSink } from './output.ts';
import { NotTold } from './views/told.ts';

/** Config file when `-c` is not given. */
export const defaultConfigPath = '/etc/tandem/tandem.yaml';

/** The world a command line runs in. */
export interface CliContext {
  readonly env: NodeJS.ProcessEnv;
  readonly hostname: string;
  readonly facts: HostFacts;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly version: string;
}

/** Options that mean the same in every command that has them. */
export const sharedOptions: Readonly<Record<SharedOption, readonly [flags: string, text: string]>> =
  {
    config: ['-c, --config <file>', `config file (default: ${defaultConfigPath})`],
    node: [
      '--node <name>',
      'which node of the file this host is (else TANDEM_NODE, else host name)',
    ],
    json: ['--json', 'write the result as JSON'],
  };

/** One long line for each paragraph: commander wraps them to the terminal. */
export const introduction = [
  'Tandem: a load balancer pair that shares virtual IP addresses.',
  'Two hosts read one config file. Both balance HTTP and TCP over your origin servers; ' +
    'one of them holds the virtual addresses, and the other takes them over when it fails.',
].join('\n\n');

const afterHelp = `
First steps:
  tandem check -c FILE      is this config right, and what would it do?
  tandem run -c FILE        run it here, in the foreground
  tandem COMMAND --help     more about one command

Exit status: 0 good, 1 what was asked about is bad, 2 the command line is wrong.`;

/**
 * Runs one command line (without node and script). Resolves to the exit status, or to nothing when
 * the process lives on. Never rejects: what goes wrong is on stderr.
 */
export async function runCli(
  args: readonly string[],
  commands: readonly CliCommand[],
  context: CliContext,
): Promise<ExitStatus | undefined> {
  let status: ExitStatus | undefined;
  const program = createProgram(context);
  for (const command of commands) {
    addCommand(program, command, context, async (invocation) => {
      status = await command.run(invocation);
    });
  }
  try {
    await program.parseAsync(helpMeant(args, commands), { from: 'user' });
    return status;
  } catch (error) {
    return failure(error, context);
  }
}

/** `tandem help NAME` is what many type for `tandem NAME --help`. */
function helpMeant(args: readonly string[], commands: readonly CliCommand[]): readonly string[] {
  const [first, name] = args;
  const isKnown = (given: string) => commands.some((command) => command.name === given);
  if (first === 'help') {
    if (name === undefined) return ['--help'];
    return isKnown(name) ? [name, '--help'] : [name];
  }
  // Asked to explain a command that there is not, commander would explain all of them.
  const unknown = first !== undefined && !first.startsWith('-') && !isKnown(first);
  return unknown ? [first] : args;
}

function createProgram(context: CliContext): Command {
  const program = new Command('tandem')
    .description(introduction)
    .usage('COMMAND [options]')
    .version(context.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain')
    .helpCommand(false)
    .addHelpText('after', afterHelp);
  configure(program, context);
  return program;
}

function configure(command: Command, context: CliContext): void {
  command
    .exitOverride()
    .showHelpAfterError(
      `(${command.parent === null ? '' : 'tandem '}${command.name()} --help explains)`,
    )
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
    });
}

function addCommand(
  program: Command,
  definition: CliCommand,
  context: CliContext,
  run: (invocation: Invocation) => Promise<void>,
): void {
  const command = program.command(definition.name);
  command
    .summary(definition.summary)
    .description(definition.summary)
    .helpOption('-h, --help', 'explain')
    .allowExcessArguments(false)
    .helpGroup(`${definition.group}:`);
  for (const name of definition.shared) command.option(...sharedOptions[name]);
  for (const [flags, text] of definition.options ?? []) command.option(flags, text);
  for (const [name, text] of definition.arguments ?? []) command.argument(name, text);
  for (const [flags, text] of definition.repeated ?? []) {
    command.option(flags, text, (value, all: readonly string[] = []) => [...all, value]);
  }
  const { details } = definition;
  if (details !== undefined) {
    command.addHelpText('after', () => `\n${fillText(details, context.stdout.columns)}`);
  }
  configure(command, context);
  command.action(async () => {
    const { config, node, json, ...own } = command.opts<Record<string, unknown>>();
    await run({
      configPath: typeof config === 'string' ? config : defaultConfigPath,
      node: typeof node === 'string' ? node : undefined,
      json: json === true,
      args: command.args,
      options: own,
      env: context.env,
      hostname: context.hostname,
      facts: context.facts,
      output: createOutput(context.stdout, context.stderr),
    });
  });
}

function failure(error: unknown, context: CliContext): ExitStatus {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof StartupError || error instanceof NotTold) {
    context.stderr.write(`${error.message}\n`);
    return 1;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  context.stderr.write(`tandem: a defect in Tandem, please report it:\n${text}\n`);
  return 1;
}
