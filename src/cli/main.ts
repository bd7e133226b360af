/** `tandem`: runs the command line on import (launcher.js imports this). */
import { hostname } from 'node:os';
import { tandemVersion } from '../runtime/version.ts';
import { commands } from './commands/index.ts';
import { hostFacts } from './host-facts.ts';
import { runCli } from './program.ts';

// `tandem schema | head` closes our stdout; that is the reader's right and no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  // A full disk, a terminal that is gone: what was asked for did not arrive.
  process.stderr.write(`tandem: cannot write the output: ${error.message}\n`);
  process.exit(1);
});
// Then there is nobody left to tell.
process.stderr.on('error', () => process.exit(1));

const status = await runCli(process.argv.slice(2), commands, {
  env: process.env,
  hostname: hostname(),
  facts: hostFacts,
  stdout: process.stdout,
  stderr: process.stderr,
  version: tandemVersion(),
});
// Not process.exit(): a pipe may still have to take what was written.
if (status !== undefined) process.exitCode = status;
