/** Completions of the command line for bash, zsh and fish, out of the table of commands. Pure. */
import type { CliCommand } from '../../src/cli/command.ts';
import { optionsOf } from './man-page.ts';

/** One option as shells want it. */
interface Flag {
  readonly names: readonly string[];
  /** Whether a word follows it. */
  readonly takes: 'nothing' | 'file' | 'word';
  readonly text: string;
}

const HELP: Flag = { names: ['-h', '--help'], takes: 'nothing', text: 'explain' };

function flagsOf(command: CliCommand): readonly Flag[] {
  const own = optionsOf(command).map(([flags, text]): Flag => {
    const names = flags.match(/(?<![\w-])--?[A-Za-z][a-z-]*/g) ?? [];
    const takes = /<(file|folder|path)>/.test(flags) ? 'file' : /<|\[/.test(flags) ? 'word' : null;
    return { names, takes: takes ?? 'nothing', text };
  });
  return [...own, HELP];
}

/** For bash-completion's folder of completions by command name. */
export function bashCompletion(commands: readonly CliCommand[]): string {
  const cases = commands.map((command) => {
    const names = flagsOf(command).flatMap((flag) => flag.names);
    return `    ${command.name}) words='${names.join(' ')}' ;;`;
  });
  const fileFlags = unique(commands.flatMap(flagsOf).filter(({ takes }) => takes === 'file'));
  const wordFlags = unique(commands.flatMap(flagsOf).filter(({ takes }) => takes === 'word'));
  return `# bash completion for tandem(1)
_tandem() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words=
  case $previous in
    ${fileFlags.join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;
    ${wordFlags.join('|')}) COMPREPLY=(); return ;;
  esac
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')} --help --version' -- "$current"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _tandem tandem
`;
}

/** For a folder in zsh's $fpath, as _tandem. */
export function zshCompletion(commands: readonly CliCommand[]): string {
  const names = commands.map(({ name, summary }) => `    ${shell(`${name}:${colons(summary)}`)}`);
  const cases = commands.map((command) => {
    const specs = flagsOf(command).map((flag) => `        ${zshSpec(flag)}`);
    return `    ${command.name})\n      _arguments \\\n${specs.join(' \\\n')} ;;`;
  });
  return `#compdef tandem
_tandem() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
_tandem "$@"
`;
}

function zshSpec({ names, takes, text }: Flag): string {
  const [exclusive, which] =
    names.length > 1 ? [`(${names.join(' ')})`, `{${names.join(',')}}`] : ['', names[0]!];
  const about = `[${colons(text).replaceAll('[', '\\[').replaceAll(']', '\\]')}]`;
  const argument = { nothing: '', file: ':file:_files', word: ':value:' }[takes];
  return names.length > 1
    ? `${shell(exclusive)}${which}${shell(about + argument)}`
    : shell(which + about + argument);
}

/** For fish's folder of vendor completions. */
export function fishCompletion(commands: readonly CliCommand[]): string {
  const lines = commands.flatMap((command) => [
    `complete -c tandem -n __fish_use_subcommand -f -a ${command.name} -d ${fish(command.summary)}`,
    ...flagsOf(command).map(({ names, takes, text }) => {
      const forms = names.map((name) =>
        name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
      );
      const argument = { nothing: '-f', file: '-r -F', word: '-x' }[takes];
      const when = fish(`__fish_seen_subcommand_from ${command.name}`);
      return `complete -c tandem -n ${when} ${forms.join(' ')} ${argument} -d ${fish(text)}`;
    }),
  ]);
  return `# fish completion for tandem(1)\n${lines.join('\n')}\n`;
}

function unique(flags: readonly Flag[]): readonly string[] {
  return [...new Set(flags.flatMap(({ names }) => names))];
}

const colons = (text: string) => text.replaceAll(':', '\\:');
const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const fish = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
