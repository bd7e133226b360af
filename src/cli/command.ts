/** The shape of a command of `tandem`, and what it is run with. */
import type { HostFacts } from './host-warnings.ts';
import type { Output } from './output.ts';

/** 0: good; 1: what was asked about is bad; 2: the command line is wrong. */
export type ExitStatus = 0 | 1 | 2;

/** Options that mean the same wherever they appear. */
export type SharedOption = 'config' | 'node' | 'json';

/**
 * One command, as data: main.ts makes the command line, `--help` and the exit status out of it.
 * Files under commands/ export one each and import what is heavy (native code, the data plane)
 * inside `run`, so that `tandem check` starts fast and anywhere.
 */
export interface CliCommand {
  readonly name: string;
  /** One line in `tandem --help`. */
  readonly summary: string;
  /** Heading the command stands under in `tandem --help`. */
  readonly group: 'Configuration' | 'Processes' | 'Operation';
  /**
   * What a stranger should know; shown by `tandem NAME --help` below the options. Paragraphs are
   * filled for the terminal; lines that begin with a space stay, and have at most 80 columns.
   */
  readonly details?: string;
  readonly shared: readonly SharedOption[];
  /** What stands on the command line without an option: commander's form and a description. */
  readonly arguments?: readonly (readonly [name: string, description: string])[];
  /** Options of this command alone that may be given several times; their values are a list. */
  readonly repeated?: readonly (readonly [flags: string, description: string])[];
  /** Options of this command alone: commander flags and their description. */
  readonly options?: readonly (readonly [flags: string, description: string])[];
  /**
   * Does it. Resolves to the exit status, or to nothing when the process lives on. Rejects with
   * StartupError for what the operator can mend; anything else is a defect.
   */
  run(invocation: Invocation): Promise<ExitStatus | undefined>;
}

/** One call of a command. */
export interface Invocation {
  /** `--config`, or its default. */
  readonly configPath: string;
  /** `--node`, when given. */
  readonly node: string | undefined;
  /** `--json`. */
  readonly json: boolean;
  /** What stood on the command line without an option. */
  readonly args: readonly string[];
  /** The command's own options by commander's camel-case names. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly env: NodeJS.ProcessEnv;
  readonly hostname: string;
  /** What the host is like that the command runs on. */
  readonly facts: HostFacts;
  readonly output: Output;
}
