/** Every command, in the order of `tandem --help`. */
import type { CliCommand } from '../command.ts';
import { check } from './check.ts';
import { schema } from './schema.ts';
import { version } from './version.ts';

/** The explicit table: a command that is not here does not exist. */
export const commands: readonly CliCommand[] = [check, schema, version];
