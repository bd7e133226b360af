import { TURN_BYTES_MAX } from './limits.ts';
import type { StreamSender } from './stream-sender.ts';

/** The streams of a connection that have something to send and must wait: each gets its turn. */
export class SendQueue {
  readonly #senders: StreamSender[] = [];

  get length(): number {
    return this.#senders.length;
  }

  add(sender: StreamSender): void {
    if (sender.queued) return;
    sender.queued = true;
    this.#senders.push(sender);
  }

  remove(sender: StreamSender): void {
    if (!sender.queued) return;
    sender.queued = false;
    this.#senders.splice(this.#senders.indexOf(sender), 1);
  }

  /** Lets all send, in turns of one frame, for as long as `may` says and somebody can. */
  pump(may: () => boolean): void {
    let idle = 0;
    while (this.#senders.length > 0 && idle < this.#senders.length && may()) {
      const sender = this.#senders.shift()!;
      sender.queued = false;
      if (sender.windowSize > 0 && sender.pump(TURN_BYTES_MAX)) idle = 0;
      else idle++;
      if (sender.blocked) this.add(sender);
      else idle = 0;
    }
  }
}
