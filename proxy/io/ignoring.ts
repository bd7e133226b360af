import type { ConnectionHandler } from './engine.ts';

/** For connections that nobody follows any more. */
export const IGNORING: ConnectionHandler = {
  onConnect() {},
  onData() {},
  onEnd() {},
  onDrain() {},
  onClose() {},
};
