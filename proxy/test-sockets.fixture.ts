import type { ProxyConfig } from '../src/config/proxy-config.ts';
import {
  closeDescriptor,
  duplicateDescriptor,
  openDatagramSocket,
  openListenSocket,
  stopArrivals,
} from '../src/os/listen-socket.ts';
import type { WorkerSocket } from './worker-messages.ts';

/** The main thread's sockets: one for each bind of the configs, on a free port. */
export class TestSockets {
  readonly #open = new Map<string, { readonly fd: number; readonly port: number; udp: boolean }>();
  #keys = new Map<string, readonly string[]>();

  /** Those of a config, the new ones with a descriptor for the worker. */
  of({ listeners }: ProxyConfig): WorkerSocket[] {
    this.#keys = new Map(
      listeners.map(({ name, protocol, binds }) => {
        const kind = protocol === 'udp' ? 'udp' : 'tcp';
        return [name, binds.map(({ host, port }, index) => `${kind} ${host} ${port} ${index}`)];
      }),
    );
    return [...this.#keys].flatMap(([listener, keys]) =>
      keys.map((key) => ({ listener, key, fd: this.#openFor(key) })),
    );
  }

  portOf(listener: string): number {
    return this.#open.get(this.#keys.get(listener)![0]!)!.port;
  }

  opened({ listeners }: ProxyConfig) {
    return listeners.flatMap(({ name }) =>
      this.#keys.get(name)!.map((key) => this.#open.get(key)!),
    );
  }

  stopLeft(): void {
    for (const { fd, udp } of this.#left().map(([, socket]) => socket)) if (!udp) stopArrivals(fd);
  }

  closeLeft(): void {
    for (const [key, { fd }] of this.#left()) {
      closeDescriptor(fd);
      this.#open.delete(key);
    }
  }

  stopAll(): void {
    this.#keys.clear();
    this.stopLeft();
  }

  closeAll(): void {
    this.#keys.clear();
    this.closeLeft();
  }

  #left() {
    const wanted = new Set([...this.#keys.values()].flat());
    return [...this.#open].filter(([key]) => !wanted.has(key));
  }

  /** Null: the worker has it. */
  #openFor(key: string): number | null {
    if (this.#open.has(key)) return null;
    const [kind, host] = key.split(' ');
    const bind = { host: host!, port: 0, freeBind: false, reusePort: false };
    const udp = kind === 'udp';
    const socket = udp ? openDatagramSocket(bind) : openListenSocket({ ...bind, backlog: 128 });
    this.#open.set(key, { ...socket, udp });
    return duplicateDescriptor(socket.fd);
  }
}
