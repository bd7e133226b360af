/** The collector's work is done by the thread whose garbage it is. */
export const GC_FLAG = '--single-threaded-gc';

/** What was compiled stays, also when it has not run for days: on a Backup that is nearly everything. */
const KEEP_FLAG = '--no-flush-bytecode';

/**
 * In MiB: there is less old garbage than that. The first search for it came a second or two after the start
 * otherwise, and took 100 ms in real time. Not for the balancer, whose memory would grow by garbage.
 */
const ROOM_FLAG = '--initial-old-space-size=64';

/**
 * How Node is started for each half, by `tandem run` and by the units. Threads that help the collector
 * would not have the agent's priority (design 2); the balancer's would compete with its workers for the
 * cores, while the thread that they help stands still.
 *
 * The agent's code is compiled as it starts. What moves an address runs for the first time in the very
 * moment of the move, and was compiled then: 17 ms.
 */
export const NODE_FLAGS = {
  keepalive: [GC_FLAG, KEEP_FLAG, ROOM_FLAG, '--no-lazy'],
  proxy: [GC_FLAG, KEEP_FLAG],
} as const;
