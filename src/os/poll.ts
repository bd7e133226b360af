/**
 * Descriptors on Node's event loop. koffi's poll handle is bare libuv, which leaves five traps that
 * are closed here: a handle nobody references is collected and its events stop without a word; a
 * socket error stops the watch; an exception in the callback has nowhere to go; promises
 * settled in it would wait for some other event, because no callback scope ends after it; and the loop
 * of a worker thread that dies is turned once more by Node, when an event would abort the process.
 */
import { isMainThread } from 'node:worker_threads';
import { OsError } from './errors.ts';
import { libc } from './libc.ts';
import { koffi } from './native.ts';
import { SO_ERROR, SOL_SOCKET } from './socket-constants.ts';
import { getIntOption } from './socket-option.ts';

export interface DescriptorWatch {
  /** Stops watching; call it before the descriptor is closed. A second call does nothing. */
  close(): void;
  /** Whether the watch keeps the process alive, as it does at first. */
  keepAlive(on: boolean): void;
}

type PollHandle = import('koffi').node.PollHandle;

/** What this thread watches, if it is a worker. */
const open = new Map<DescriptorWatch, number>();

/**
 * A worker thread ends: no event may come any more, and as Node closes its own descriptors, those
 * that are watched are closed. The process lives on, so nobody else would. It is not called in a
 * thread that is terminated or runs out of memory; that one may still take the process with it.
 */
function closeAll(): void {
  for (const [watch, fd] of open) {
    watch.close();
    libc().close(fd);
  }
}

if (!isMainThread) process.on('exit', closeAll);

/**
 * Calls `onReadable` whenever the descriptor has something to read (level-triggered: what is left
 * unread calls again). An error pending on the socket goes to `onError` and the watch continues.
 * `label` names the socket in that error.
 */
export function watchReadable(
  fd: number,
  label: string,
  onReadable: () => void,
  onError: (error: OsError) => void,
): DescriptorWatch {
  let handle: PollHandle | undefined;
  // koffi passes libuv's status first; its type declaration does not say so. koffi holds the
  // callback, and the callback the handle: that is what keeps the handle from being collected.
  const callback = (...args: unknown[]) => {
    if (handle === undefined) {
      return;
    }
    try {
      if (Number(args[0]) < 0) {
        const pending = getIntOption(fd, SOL_SOCKET, SO_ERROR, `${label}, SO_ERROR`);
        handle.start({ readable: true }, callback);
        if (pending !== 0) {
          onError(new OsError('poll', pending, label));
        }
        return;
      }
      onReadable();
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    } finally {
      setImmediate(settlePromises);
    }
  };
  handle = koffi().node.poll(fd, { readable: true }, callback);
  const watch: DescriptorWatch = {
    close() {
      if (handle !== undefined) {
        handle.close();
        handle = undefined;
        open.delete(watch);
      }
    },
    keepAlive(on) {
      if (on) handle?.ref();
      else handle?.unref();
    },
  };
  if (!isMainThread) open.set(watch, fd);
  return watch;
}

/** An immediate runs within this turn of the loop, and Node settles promises after it. */
function settlePromises(): void {}
