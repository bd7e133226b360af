import { writeSync } from 'node:fs';
import { NativeLibraryError } from '../os/native.ts';
import { StartupError } from './startup-error.ts';

const STDERR = 2;

/**
 * Waits for a long-running process to start. One that cannot must end although sockets are already
 * open, with its reason on stderr: plainly for what the operator can mend, with a stack for a defect.
 */
export async function mustStart<T>(start: Promise<T>): Promise<T> {
  try {
    return await start;
  } catch (error) {
    const mendable = error instanceof StartupError || error instanceof NativeLibraryError;
    const reason = mendable
      ? `tandem: ${error.message}`
      : `tandem: a defect in Tandem, please report it:\n${(error as Error)?.stack ?? error}`;
    writeSync(STDERR, `${reason}\n`);
    process.exit(1);
  }
}
