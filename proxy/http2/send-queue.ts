import { TURN_BYTES_MAX } from './limits.ts';
import type { StreamSender } from './stream-sender.ts';

/** The streams of a connection that have something to send and must wait: each gets its turn. */
export class SendQueue {
  readonly #senders: StreamSender[] = [];
  /** Its turn was cut short: it is the first, and has so much of it left. */
  #cut: StreamSender | null = null;
  #left = 0;

  get length(): number {
    return this.#senders.length;
  }

  add(sender: StreamSender): void {
    if (sender.queued) return;
    sender.queued = true;
    this.#senders.push(sender);
  }

  remove(sender: StreamSender): void {
    if (sender === this.#cut) this.#cut = null;
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
      const turn = sender === this.#cut ? this.#left : TURN_BYTES_MAX;
      this.#cut = null;
      const before = sender.windowSize;
      if (before > 0 && sender.pump(turn)) idle = 0;
      else idle++;
      if (!sender.blocked) idle = 0;
      else if (!may()) this.#keep(sender, turn - (before - sender.windowSize));
      else this.add(sender);
    }
  }

  /**
   * The connection takes no more for now, in the middle of a turn perhaps. Its rest is not lost: clients
   * allow the connection much the same each time, so that of streams in a fixed order always the same
   * would get the few bytes that are over, and starve.
   */
  #keep(sender: StreamSender, left: number): void {
    if (sender.queued || left <= 0 || sender.windowSize <= 0) {
      this.add(sender);
      return;
    }
    sender.queued = true;
    this.#senders.unshift(sender);
    this.#cut = sender;
    this.#left = left;
  }
}
