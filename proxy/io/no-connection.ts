import type { Connection, ConnectionHandler } from './engine.ts';

/** A connection that never comes to be: its handler hears `onClose` in a turn of its own. */
export class NoConnection implements Connection {
  handler: ConnectionHandler;
  readonly gathers = false;
  readonly tls = null;
  readonly remoteAddress = '';
  readonly remotePort = 0;
  readonly localAddress = '';
  readonly localPort = 0;
  readonly unsentBytes = 0;
  readonly acknowledgedBytes = 0;

  constructor(errorCode: string, handler: ConnectionHandler) {
    this.handler = handler;
    setImmediate(() => this.handler.onClose(errorCode));
  }

  write(): boolean {
    return true;
  }

  pause(): void {}

  resume(): void {}

  end(): void {}

  close(): void {}

  reset(): void {}

  probe(): void {}
}
