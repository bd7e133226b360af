import { CQE_MORE } from './abi.ts';
import type { Arena } from './arena.ts';
import { CLOSE_TURNS_MAX } from './limits.ts';
import { KIND_MASK, Kind, type Operations } from './operations.ts';
import type { Ring } from './ring.ts';
import { closeSocket } from './sockets.ts';

/**
 * Ends everything an engine has under way, and gives its memory back once the kernel cannot touch it any
 * more. Nobody is told: the thread ends. Memory that the kernel does not let go of stays where it is.
 */
export function letGo(
  ring: Ring,
  operations: Operations,
  arena: Arena,
  descriptors: readonly number[],
): void {
  const taker = {
    completed(low: number, _high: number, result: number, flags: number) {
      const kind = low & KIND_MASK;
      if (kind === Kind.ignored) return;
      if ((flags & CQE_MORE) === 0) operations.outstanding--;
      if (kind === Kind.accept && result >= 0) closeSocket(result);
    },
  };
  // What was written and not submitted goes first, so that it can be cancelled with the rest.
  for (let turn = 0; turn < CLOSE_TURNS_MAX && operations.outstanding > 0; turn++) {
    ring.enter();
    ring.reap(taker);
    if (operations.outstanding > 0) ring.cancelAll();
  }
  for (const fd of descriptors) closeSocket(fd);
  ring.close(operations.outstanding === 0);
  if (operations.outstanding > 0) return;
  operations.release();
  arena.close();
}
