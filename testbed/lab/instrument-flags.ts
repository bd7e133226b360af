import { GC_FLAG } from '../../src/processes/node-flags.ts';

/**
 * How Node is started for instruments, clients and origins, whose own pauses would look like the pair's.
 * A collector on other threads would wait for a processor, and its helpers, one for each processor, would
 * take both from the pair. And what little old garbage there is would be
 * looked for every second or two, 8 to 16 ms each time, while it is less than the MiB here.
 */
export const INSTRUMENT_FLAGS = [
  GC_FLAG,
  '--v8-pool-size=1',
  '--initial-old-space-size=512',
] as const;
