/** `events.sock`: whoever connects reads the agent's events as JSON lines (docs/EVENTS.md). */
import net from 'node:net';
import {
  type Agent,
  EventReader,
  type EventStream,
  eventReaderStuckMs,
  eventReadersMax,
} from '../../keepalive/index.ts';
import type { Logger } from '../log/logger.ts';
import { listenUnix } from '../runtime/unix-listener.ts';

/** What the server works with. */
export interface EventServerOptions {
  readonly path: string;
  readonly stream: EventStream;
  readonly agent: Pick<Agent, 'status'>;
  readonly log: Logger;
  /** Default: `eventReaderStuckMs`. */
  readonly stuckMs?: number;
}

/** The server while it runs. */
export interface EventServer {
  /** Readers connected now. */
  readers(): number;
  /** Ends every connection once what is queued is on its way. */
  close(): void;
}

/** Listens until it is closed. Throws StartupError when the socket cannot be had. */
export async function serveEvents(options: EventServerOptions): Promise<EventServer> {
  const { path, stream, agent, log } = options;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    socket.on('error', (error) => log.debug({ error: error.message }, 'events.sock connection'));
    // Nothing is asked for on this socket; what is said all the same is thrown away.
    socket.resume();
    if (sockets.size >= eventReadersMax) {
      finish(socket, stream.refused(`there are ${eventReadersMax} readers already`));
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serveReader(socket, options, () => stream.snapshot(agent.status()));
  });
  await listenUnix(server, path);
  return {
    readers: () => sockets.size,
    close() {
      server.close();
      for (const socket of sockets) finish(socket);
    },
  };
}

/** Closes it once what is queued has left; a reader that does not read keeps no process alive. */
function finish(socket: net.Socket, last = ''): void {
  socket.end(last);
  socket.destroySoon();
  socket.unref();
}

function serveReader(
  socket: net.Socket,
  { stream, log, stuckMs = eventReaderStuckMs }: EventServerOptions,
  snapshot: () => string,
): void {
  let stuck: NodeJS.Timeout | undefined;
  const reader = new EventReader(
    stream,
    {
      write: (text) => void socket.write(text),
      queued: () => socket.writableLength,
    },
    snapshot,
  );
  const unsubscribe = stream.subscribe(() => {
    if (!reader.behind || stuck !== undefined) return;
    stuck = setTimeout(() => {
      log.warn({}, `a reader of events.sock has read nothing for ${stuckMs} ms: disconnected`);
      socket.destroy();
    }, stuckMs);
  });
  socket.on('drain', () => {
    clearTimeout(stuck);
    stuck = undefined;
    reader.drained();
  });
  socket.once('close', () => {
    clearTimeout(stuck);
    unsubscribe();
    reader.close();
  });
}
