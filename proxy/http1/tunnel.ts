import type { Departure } from '../draining/client.ts';
import type { Connection } from '../io/engine.ts';
import { ListenerCounter, ServerCounter } from '../shared/layout.ts';
import { Splice } from '../tcp/splice.ts';
import type { Server } from '../upstream/server.ts';
import type { ClientTraffic } from './client-traffic.ts';
import type { HttpContext } from './http-context.ts';
import type { OriginStream } from './origin-stream.ts';
import { WebSocketFarewell } from './websocket-farewell.ts';

/** Whose connection becomes a tunnel. */
export interface TunnelClient {
  readonly connection: Connection;
  readonly traffic: ClientTraffic;
}

/** What a client's connection is after a 101: joined with the server's, and counted. */
export class Tunnel {
  readonly kind: 'websocket' | 'tcp';
  readonly splice: Splice;
  readonly #farewell: WebSocketFarewell | null;

  /** `protocol`: the token of the Upgrade field. Throws RangeError when the server's knows no 101. */
  constructor(
    { engine, counters }: HttpContext,
    client: TunnelClient,
    origin: OriginStream,
    protocol: string,
    ended: (server: Server) => void,
  ) {
    const { server } = origin;
    const { traffic } = client;
    const connection = origin.release();
    if (connection === null) throw new RangeError('a 101 of a protocol that has none');
    this.splice = new Splice(engine, client.connection, connection, origin.idleTimeoutMs, {
      moved(fromClient, fromServer) {
        counters.count(ListenerCounter.bytesIn, fromClient);
        traffic.receivedBytes += fromClient;
        traffic.count(ListenerCounter.bytesOut, fromServer);
        server.count(ServerCounter.bytesOut, fromClient);
        server.count(ServerCounter.bytesIn, fromServer);
      },
      ended: () => ended(server),
    });
    this.kind = protocol === 'websocket' ? 'websocket' : 'tcp';
    const follows = this.kind === 'websocket';
    this.#farewell = follows ? new WebSocketFarewell(client.connection, connection) : null;
  }

  /** A WebSocket is closed with 1001; of what else is spoken nobody knows how to take leave. */
  depart(departure: Departure): void {
    if (this.#farewell === null) this.splice.depart(departure);
    else if (departure === 'stay') this.#farewell.recall();
    else this.#farewell.say();
  }
}
