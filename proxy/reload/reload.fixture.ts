/** Origins that say who they are, and clients that notice everything, for tests of reloads. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import type { ListenerConfig, ProxyConfig, RouteConfig } from '../../src/config/proxy-config.ts';
import type { Balancer } from '../balancer.ts';
import { RawPeer } from '../raw-peers.fixture.ts';

/** Answers every request with its name, and echoes the bytes of upgraded connections. */
export class NamedOrigin {
  readonly server: Server;
  readonly name: string;
  /** Answers to /health; 503: sick. */
  health = 200;
  /** Before an answer. */
  delayMs = 0;
  requests = 0;

  private constructor(name: string) {
    this.name = name;
    this.server = createServer((request, response) => {
      if (request.url === '/health') {
        response.writeHead(this.health).end();
        return;
      }
      this.requests++;
      setTimeout(() => response.end(`from ${this.name};`), this.delayMs);
    });
    this.server.keepAliveTimeout = 60_000;
    this.server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n');
      socket.write('Connection: Upgrade\r\n\r\n');
      socket.on('data', (bytes) => socket.write(bytes));
      socket.on('error', () => {});
      socket.on('end', () => socket.end());
    });
  }

  static async listen(name: string): Promise<NamedOrigin> {
    const origin = new NamedOrigin(name);
    origin.server.listen(0, '127.0.0.1');
    await once(origin.server, 'listening');
    return origin;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** A request, as a client writes it. */
export function request(path = '/'): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

/** The answer to a request on a connection that stays open. */
export async function ask(client: RawPeer, path = '/'): Promise<string> {
  client.take();
  client.send(request(path));
  return client.until((text) => /\r\n\r\n.*(;|0\r\n\r\n)$/s.test(text) || / 404 /.test(text));
}

/** Opens a WebSocket, as far as a balancer can tell. */
export async function openWebSocket(port: number): Promise<RawPeer> {
  const client = new RawPeer(net.connect({ port, host: '127.0.0.1', noDelay: true }));
  const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  client.send(
    `GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${key}\r\n`,
  );
  await client.has('101 Switching');
  await client.has('\r\n\r\n');
  client.take();
  return client;
}

/** Bytes go there and back. */
export async function echoes(client: RawPeer, text: string): Promise<void> {
  client.take();
  client.send(text);
  await client.has(text);
}

/** A port that nobody has now. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The listener on these ports. */
export function listenOn(listener: ListenerConfig, name: string, ...ports: number[]) {
  const binds = ports.map((port) => ({ host: '127.0.0.1', port }));
  return { ...listener, name, binds } as ListenerConfig;
}

/** The first listener of the config with these routes. */
export function withRoutes(config: ProxyConfig, ...routes: RouteConfig[]): ProxyConfig {
  return { ...config, listeners: [{ ...config.listeners[0]!, routes } as ListenerConfig] };
}

/** Prepares and applies. */
export async function reload(balancer: Balancer, config: ProxyConfig): Promise<void> {
  const prepared = await balancer.prepareReload(config);
  await prepared.apply();
}

/** Why it is refused. */
export async function refusal(attempt: Promise<unknown>): Promise<readonly string[]> {
  const error = await attempt.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  return (error as { readonly reasons?: readonly string[] }).reasons ?? [String(error)];
}

/** Open descriptors of this process. */
export function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** What a client under load has seen. */
export interface LoadTally {
  answered: number;
  /** Connections that the balancer ended in order, after an answer that says so. */
  ended: number;
  readonly broken: string[];
}

/** Requests one after the other, on connections that stay open, until told to stop. */
export async function load(port: number, stopped: () => boolean): Promise<LoadTally> {
  const tally: LoadTally = { answered: 0, ended: 0, broken: [] };
  while (!stopped()) {
    const client = new RawPeer(net.connect({ port, host: '127.0.0.1', noDelay: true }));
    for (let last = false; !stopped() && !last; ) {
      try {
        const answer = await ask(client);
        if (answer.startsWith('HTTP/1.1 200 ')) tally.answered++;
        else tally.broken.push(answer.slice(0, 60));
        last = /^connection: close\r$/im.test(answer);
        if (last) tally.ended++;
      } catch (error) {
        tally.broken.push(String(client.errorCode ?? (error as Error).message));
        last = true;
      }
    }
    client.socket.destroy();
  }
  return tally;
}
