/** May this host hold the virtual addresses, as far as the balancer is concerned? */
export interface Readiness {
  readonly ready: boolean;
  /** Why not; empty when ready. */
  readonly reasons: readonly string[];
  /** What is wrong although it may be ready; absent: nothing. */
  readonly warnings?: readonly string[];
  /** False: no worker runs, or none for long, so that the process is as good as dead. */
  readonly serving: boolean;
}
