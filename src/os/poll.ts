/**
 * Descriptors on Node's event loop. koffi's poll handle is bare libuv, which leaves four traps that
 * are closed here: a handle nobody references is collected and its events stop without a word; a
 * socket error stops the watch; an exception in the callback has nowhere to go; and promises
 * settled in it would wait for some other event, because no callback scope ends after it.
 */
import { OsError } from './errors.ts';
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
  return {
    close() {
      if (handle !== undefined) {
        handle.close();
        handle = undefined;
      }
    },
    keepAlive(on) {
      if (on) handle?.ref();
      else handle?.unref();
    },
  };
}

/** An immediate runs within this turn of the loop, and Node settles promises after it. */
function settlePromises(): void {}
