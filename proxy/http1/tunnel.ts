import type { Connection } from '../io/engine.ts';
import { ListenerCounter, ServerCounter } from '../shared/layout.ts';
import { Splice } from '../tcp/splice.ts';
import type { ClientTraffic } from './client-traffic.ts';
import type { HttpContext } from './http-context.ts';
import type { OriginStream } from './origin-stream.ts';

/**
 * After a 101: joins the client's connection and the server's, counts what they move, and says when it is
 * over. Throws RangeError when the server's protocol knows no 101.
 */
export function openTunnel(
  { engine, counters }: HttpContext,
  client: Connection,
  traffic: ClientTraffic,
  origin: OriginStream,
  ended: () => void,
): Splice {
  const { server } = origin;
  const connection = origin.release();
  if (connection === null) throw new RangeError('a 101 of a protocol that has none');
  return new Splice(engine, client, connection, origin.idleTimeoutMs, {
    moved(fromClient, fromServer) {
      counters.count(ListenerCounter.bytesIn, fromClient);
      traffic.receivedBytes += fromClient;
      traffic.count(ListenerCounter.bytesOut, fromServer);
      server.count(ServerCounter.bytesOut, fromClient);
      server.count(ServerCounter.bytesIn, fromServer);
    },
    ended,
  });
}
