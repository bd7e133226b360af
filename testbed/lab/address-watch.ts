/**
 * Which host has an address configured, and since when: one `ip monitor` per host reports every change as it
 * happens, so nothing polls and a time is good to about a millisecond.
 */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { HolderWatch } from './holder-watch.ts';

/** One host whose addresses can be watched. */
export interface WatchedHost {
  readonly name: string;
  /** Starts `ip -o monitor address` on the host; its standard output is a pipe. */
  monitor(): ChildProcess;
  /** The addresses it has now. */
  addresses(): Promise<readonly string[]>;
}

/** Reads one line of `ip -o monitor address`: null when it is about another address. */
export function parseMonitorLine(line: string, address: string): boolean | null {
  const match = /^(Deleted )?\d+:\s+\S+\s+inet6?\s+([0-9a-f.:]+)[/ ]/.exec(line.trim());
  return match?.[2] === address ? match[1] === undefined : null;
}

/** The holders of one address, kept up to date by the monitors of the watched hosts. */
export class AddressWatch extends HolderWatch {
  readonly #hosts: ReadonlyMap<string, WatchedHost>;
  readonly #address: string;
  readonly #monitors: ChildProcess[] = [];

  private constructor(hosts: readonly WatchedHost[], address: string) {
    super();
    this.#hosts = new Map(hosts.map((host) => [host.name, host]));
    this.#address = address;
  }

  /** Starts watching; resolves when the present holders are known. */
  static async start(hosts: readonly WatchedHost[], address: string): Promise<AddressWatch> {
    const watch = new AddressWatch(hosts, address);
    await Promise.all(hosts.map((host) => watch.follow(host.name)));
    return watch;
  }

  /** Watches several addresses; each host has one monitor for all of them. */
  static startAll(
    hosts: readonly WatchedHost[],
    addresses: readonly string[],
  ): Promise<readonly AddressWatch[]> {
    const sharing = hosts.map((host) => shared(host));
    return Promise.all(addresses.map((address) => AddressWatch.start(sharing, address)));
  }

  override close(): void {
    for (const monitor of this.#monitors) monitor.kill('SIGKILL');
    super.close();
  }

  /** Starts the monitor of a host; again where a restart of the host has ended it. */
  async follow(name: string): Promise<void> {
    const host = this.#hosts.get(name)!;
    const monitor = host.monitor();
    this.#monitors.push(monitor);
    createInterface({ input: monitor.stdout! }).on('line', (line) => {
      const holds = parseMonitorLine(line, this.#address);
      if (holds !== null) this.note(name, holds);
    });
    this.note(name, (await host.addresses()).includes(this.#address));
  }
}

/** The host, asked and followed once for everybody. */
function shared(host: WatchedHost): WatchedHost {
  let monitor: ChildProcess | undefined;
  let addresses: Promise<readonly string[]> | undefined;
  return {
    name: host.name,
    monitor: () => {
      // Every address reads the same lines.
      monitor ??= host.monitor();
      monitor.stdout!.setMaxListeners(0);
      return monitor;
    },
    addresses: () => {
      addresses ??= host.addresses();
      return addresses;
    },
  };
}
