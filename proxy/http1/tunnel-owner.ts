import { ListenerCounter, ServerCounter } from '../shared/layout.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import type { SpliceOwner } from '../tcp/splice.ts';
import type { Server } from '../upstream/server.ts';
import type { ClientTraffic } from './client-traffic.ts';

/** Counts what two joined connections move, and says when it is over. */
export function tunnelOwner(
  counters: ListenerCells,
  traffic: ClientTraffic,
  server: Server,
  ended: () => void,
): SpliceOwner {
  return {
    moved(fromClient, fromServer) {
      counters.count(ListenerCounter.bytesIn, fromClient);
      traffic.receivedBytes += fromClient;
      traffic.count(ListenerCounter.bytesOut, fromServer);
      server.count(ServerCounter.bytesOut, fromClient);
      server.count(ServerCounter.bytesIn, fromServer);
    },
    ended,
  };
}
