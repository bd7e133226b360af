import type { Connection, IoEngine, Listener, ListenerHandler } from '../io/engine.ts';

/** A socket through which clients come. It stays open over reloads; who serves them changes. */
export interface Entrance {
  /** Takes what waits, then closes it. Arrivals should have been stopped before. */
  finish(): Promise<void>;
  /** What came by it needs it, though it is finished: it can be another frontend's again. */
  readonly lasts: boolean;
}

/** A listening socket of a worker, and who serves what is accepted on it. */
export class Door implements Entrance, ListenerHandler {
  /** Who serves those that come from here on. */
  host: ListenerHandler;
  readonly lasts = false;
  readonly #listener: Listener;

  /** The descriptor is the door's from now on. */
  constructor(engine: IoEngine, fd: number, host: ListenerHandler) {
    this.host = host;
    this.#listener = engine.listen(fd, this);
  }

  onConnection(connection: Connection): void {
    this.host.onConnection(connection);
  }

  onError(errorCode: string): void {
    this.host.onError(errorCode);
  }

  finish(): Promise<void> {
    return this.#listener.finish();
  }
}

/** Has the host serve what comes in there. Throws RangeError for an entrance of another kind. */
export function leadTo(entrance: Entrance, host: ListenerHandler): void {
  if (!(entrance instanceof Door)) throw new RangeError('connections do not come in there');
  entrance.host = host;
}
