/** Every command, in the order of `tandem --help`. */
import type { CliCommand } from '../command.ts';
import { check } from './check.ts';
import { doctor } from './doctor.ts';
import { drain } from './drain.ts';
import { drill } from './drill.ts';
import { explain } from './explain.ts';
import { handover } from './handover.ts';
import { hold } from './hold.ts';
import { init } from './init.ts';
import { keepalive } from './keepalive.ts';
import { proxy } from './proxy.ts';
import { purge } from './purge.ts';
import { reload } from './reload.ts';
import { rollback } from './rollback.ts';
import { run } from './run.ts';
import { schema } from './schema.ts';
import { status } from './status.ts';
import { undrain } from './undrain.ts';
import { version } from './version.ts';
import { weight } from './weight.ts';

/** The explicit table: a command that is not here does not exist. */
export const commands: readonly CliCommand[] = [
  run,
  keepalive,
  proxy,
  status,
  reload,
  rollback,
  handover,
  hold,
  drill,
  drain,
  undrain,
  weight,
  purge,
  doctor,
  check,
  explain,
  schema,
  init,
  version,
];
