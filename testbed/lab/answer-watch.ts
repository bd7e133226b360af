/** The lab's side of an ARP asker: which host answered for an address, and when. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ArpAnswer, AskerOptions } from './arp-asker.ts';
import { limits } from './limits.ts';

/** A running asker. */
export class AnswerWatch {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  /** `start` runs `node arp-asker.ts ARGUMENT` with both streams as pipes. Rejects when it cannot. */
  static async start(
    start: (argument: string) => ChildProcess,
    options: AskerOptions,
  ): Promise<AnswerWatch> {
    const watch = new AnswerWatch(start(JSON.stringify(options)));
    await watch.#line();
    return watch;
  }

  /** Ends it and returns every answer, in order. */
  async stop(): Promise<readonly ArpAnswer[]> {
    this.#child.stdin!.end();
    return JSON.parse(await this.#line()) as readonly ArpAnswer[];
  }

  async #line(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the ARP asker is silent')), limits.askerTimeoutMs);
    });
    try {
      const { value, done } = await Promise.race([this.#lines.next(), late]);
      if (done === true) throw new Error('the ARP asker ended by itself');
      return value;
    } finally {
      clearTimeout(timer);
    }
  }
}
