import { GC_FLAG } from '../../src/processes/node-flags.ts';

/**
 * How Node is started for instruments, clients and origins, whose own pauses would look like the pair's.
 * A collector on other threads would wait for a processor. And what little old garbage there is would be
 * looked for every second or two, 8 to 16 ms each time, while it is less than the MiB here.
 */
export const INSTRUMENT_FLAGS = [GC_FLAG, '--initial-old-space-size=512'] as const;
