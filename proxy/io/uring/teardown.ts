import { CQE_MORE, Operation } from './abi.ts';
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
    arriving() {},
    completed(low: number, _high: number, result: number, flags: number) {
      const kind = low & KIND_MASK;
      if (kind === Kind.ignored) return;
      if ((flags & CQE_MORE) === 0) operations.outstanding--;
      if (kind === Kind.accept && result >= 0) closeSocket(result);
    },
  };
  ring.withdraw((operation, fd, low) => {
    if ((low & KIND_MASK) !== Kind.ignored) operations.outstanding--;
    if (operation === Operation.close) closeSocket(fd);
  });
  for (let turn = 0; turn < CLOSE_TURNS_MAX && operations.outstanding > 0; turn++) {
    // Before anything is completed: who waits to be accepted is for the next worker.
    ring.cancelAll();
    ring.enter();
    ring.reap(taker);
  }
  for (const fd of descriptors) closeSocket(fd);
  ring.close(operations.outstanding === 0);
  if (operations.outstanding > 0) return;
  operations.release();
  arena.close();
}
