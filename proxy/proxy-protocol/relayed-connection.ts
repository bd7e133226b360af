import type { Connection, ConnectionHandler } from '../io/engine.ts';
import type { TlsInfo } from '../tls/tls-info.ts';
import type { ProxyAddresses } from './header.ts';

/** A connection that another balancer made for a client, with the client's own addresses. */
export class RelayedConnection implements Connection {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly inner: Connection;

  constructor(inner: Connection, addresses: ProxyAddresses) {
    this.inner = inner;
    this.remoteAddress = addresses.source;
    this.remotePort = addresses.sourcePort;
    this.localAddress = addresses.destination;
    this.localPort = addresses.destinationPort;
  }

  get handler(): ConnectionHandler {
    return this.inner.handler;
  }

  set handler(handler: ConnectionHandler) {
    this.inner.handler = handler;
  }

  get gathers(): boolean {
    return this.inner.gathers;
  }

  get tls(): TlsInfo | null {
    return this.inner.tls;
  }

  get unsentBytes(): number {
    return this.inner.unsentBytes;
  }

  get acknowledgedBytes(): number {
    return this.inner.acknowledgedBytes;
  }

  write(bytes: Buffer, start: number, end: number): boolean {
    return this.inner.write(bytes, start, end);
  }

  pause(): void {
    this.inner.pause();
  }

  resume(): void {
    this.inner.resume();
  }

  end(): void {
    this.inner.end();
  }

  close(): void {
    this.inner.close();
  }

  reset(): void {
    this.inner.reset();
  }

  probe(idleMs: number): void {
    this.inner.probe(idleMs);
  }
}
