/**
 * Who holds an address as the network sees it: who answers ARP for it. A host that has given it away may
 * have it configured for as long as its connections last, and a host that is mute harms nobody.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { AnswererChange } from './answerers.ts';
import type { AskerOptions } from './arp-asker.ts';
import { HolderWatch } from './holder-watch.ts';
import { limits } from './limits.ts';

/** The holders of one address, as a host of the LAN is answered. */
export class AnsweringWatch extends HolderWatch {
  readonly #asker: ChildProcess;

  private constructor(asker: ChildProcess) {
    super();
    this.#asker = asker;
  }

  /**
   * `start` runs `node arp-asker.ts ARGUMENT` with both streams as pipes; `names` are the hosts by MAC
   * address. Rejects when it cannot.
   */
  static async start(
    start: (argument: string) => ChildProcess,
    options: Omit<AskerOptions, 'live'>,
    names: ReadonlyMap<string, string>,
  ): Promise<AnsweringWatch> {
    const watch = new AnsweringWatch(start(JSON.stringify({ ...options, live: true })));
    const lines = createInterface({ input: watch.#asker.stdout! });
    const signal = AbortSignal.timeout(limits.askerTimeoutMs);
    await once(lines, 'line', { signal }).catch(() => {
      watch.close();
      throw new Error('the ARP asker is silent');
    });
    lines.on('line', (line) => {
      const { mac, answers, atMs } = JSON.parse(line) as AnswererChange;
      watch.note(names.get(mac) ?? mac, answers, atMs);
    });
    return watch;
  }

  override close(): void {
    this.#asker.kill('SIGKILL');
    super.close();
  }
}
