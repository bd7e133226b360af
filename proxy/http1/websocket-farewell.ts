import type { Connection } from '../io/engine.ts';
import { FrameFollower } from './frame-follower.ts';

/** A close frame from a server: 1001, "going away" (RFC 6455 7.4.1). */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/**
 * Takes leave of a WebSocket's client in the server's place. The frames that the server sends are followed
 * from the first on, for only who has counted knows where one may be put in: a close frame may stand
 * between any two frames, in the middle of a message too (RFC 6455 5.4).
 *
 * The client answers it with one of its own, which goes on to the server, and that ends the connection.
 * What the server says after ours is dropped: nothing may follow a close frame.
 */
export class WebSocketFarewell {
  readonly #client: Connection;
  readonly #server: Connection;
  readonly #frames = new FrameFollower();
  #wanted = false;
  #said = false;

  /** Both are joined already: looks at what goes from one handler to the other. */
  constructor(client: Connection, server: Connection) {
    this.#client = client;
    this.#server = server;
    const { handler } = server;
    const pass = handler.onData.bind(handler);
    server.handler = {
      ...handler,
      onData: (bytes, start, end) => {
        if (this.#wanted) this.#passToBoundary(bytes, start, end, pass);
        else {
          this.#frames.pass(bytes, start, end);
          pass(bytes, start, end);
        }
      },
    };
  }

  /** Says it as soon as the frame that is under way has passed. */
  say(): void {
    if (this.#frames.closed) return;
    this.#wanted = true;
    if (this.#frames.between) this.#say();
  }

  /** Does not say it, if that has not been done yet. */
  recall(): void {
    if (!this.#said) this.#wanted = false;
  }

  #passToBoundary(
    bytes: Buffer,
    start: number,
    end: number,
    pass: (bytes: Buffer, start: number, end: number) => void,
  ): void {
    if (this.#said) return;
    const boundary = this.#frames.step(bytes, start, end);
    pass(bytes, start, boundary);
    // The frame may have been the server's own farewell.
    if (this.#frames.closed) {
      this.#wanted = false;
      if (boundary < end) pass(bytes, boundary, end);
    } else if (this.#frames.between) {
      this.#say();
    }
  }

  #say(): void {
    if (this.#said) return;
    this.#said = true;
    this.#client.write(GOING_AWAY, 0, GOING_AWAY.length);
    // It may have been paused until the client takes more; now it is only read for its end.
    this.#server.resume();
  }
}
