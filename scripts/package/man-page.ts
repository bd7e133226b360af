/** The manual page tandem(1) out of the table of commands, so that it never lags behind. Pure. */
import type { CliCommand } from '../../src/cli/command.ts';
import { introduction, sharedOptions } from '../../src/cli/program.ts';

const GROUPS = ['Processes', 'Operation', 'Configuration'] as const;

const FILES: readonly (readonly [path: string, what: string])[] = [
  ['/etc/tandem/tandem.yaml', 'the config file, the same on both hosts'],
  ['/run/tandem', 'sockets and state of what runs; gone after a reboot'],
  ['/var/log/tandem', 'access logs, and the journal of the agent where the config asks for one'],
  ['/var/lib/tandem/history', 'the last ten configs that were applied'],
  ['/var/cache/tandem', 'caches on disk'],
  ['/usr/share/doc/tandem', 'the documentation: CONFIG.md is every key, HANDOVER.md maintenance'],
];

const ENVIRONMENT: readonly (readonly [name: string, what: string])[] = [
  ['TANDEM_NODE', 'which node of the file this host is, where its host name does not tell'],
  ['TANDEM_RUNTIME_DIR', 'instead of /run/tandem'],
  ['TANDEM_STATE_DIR', 'instead of /var/lib/tandem'],
  ['NO_COLOR', 'no colours, whatever the terminal can do'],
];

const STATUSES: readonly (readonly [status: string, what: string])[] = [
  ['0', 'good'],
  ['1', 'what was asked about is bad'],
  ['2', 'the command line is wrong'],
];

/** The page as roff (man(7)). `date` is the day of the version, such as 2026-11-22. */
export function manPage(
  commands: readonly CliCommand[],
  { version, date }: { readonly version: string; readonly date: string },
): string {
  return `${[
    `.TH TANDEM 1 ${quoted(date)} ${quoted(`tandem ${version}`)} "Tandem"`,
    '.SH NAME',
    'tandem \\- load balancer pair that shares virtual IP addresses',
    '.SH SYNOPSIS',
    '.B tandem',
    '.I COMMAND',
    '[options]',
    '.SH DESCRIPTION',
    ...introduction.split('\n\n').flatMap((paragraph) => ['.PP', escaped(paragraph)]),
    ...GROUPS.flatMap((group) => [
      `.SH ${group.toUpperCase()}`,
      ...commands.filter((command) => command.group === group).flatMap(section),
    ]),
    '.SH FILES',
    ...definitions(FILES),
    '.SH ENVIRONMENT',
    ...definitions(ENVIRONMENT),
    '.SH EXIT STATUS',
    ...definitions(STATUSES),
    '.SH SEE ALSO',
    '.BR systemctl (1),',
    '.BR journalctl (1)',
  ].join('\n')}\n`;
}

function section(command: CliCommand): string[] {
  const operands = (command.arguments ?? []).map(([name]) => ` ${name}`).join('');
  const options = optionsOf(command);
  return [
    `.SS ${quoted(`tandem ${command.name}${options.length === 0 ? '' : ' [options]'}${operands}`)}`,
    escaped(`${command.summary[0]!.toUpperCase()}${command.summary.slice(1)}.`),
    ...definitions([...(command.arguments ?? []), ...options]),
    // Laid out by hand, with examples in it.
    ...(command.details === undefined
      ? []
      : ['.PP', '.nf', ...command.details.split('\n').map(escaped), '.fi']),
  ];
}

/** All of them, as commander writes their flags. */
export function optionsOf(command: CliCommand): readonly (readonly [string, string])[] {
  return [
    ...command.shared.map((name) => sharedOptions[name]),
    ...(command.options ?? []),
    ...(command.repeated ?? []),
  ];
}

function definitions(entries: readonly (readonly [term: string, text: string])[]): string[] {
  return entries.flatMap(([term, text]) => ['.TP', `.B ${escaped(term)}`, escaped(text)]);
}

/** Text that no character of which means anything to roff. */
function escaped(text: string): string {
  const plain = text.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(plain) ? `\\&${plain}` : plain;
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', '\\(dq')}"`;
}
