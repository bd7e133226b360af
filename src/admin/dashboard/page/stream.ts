/** Keeps a connection to `/events`, with the token, and says when there is none. */
import { EventParser } from './event-parser.ts';

/** Snapshots come once a second, once in two while the agent is slow: then the connection is lost, ms. */
const SILENCE_MAX_MS = 6_000;
/** Waits before trying again, ms; the last one from then on. */
const AGAIN_MS: readonly number[] = [500, 1_000, 2_000, 5_000];

/** What the stream tells. */
export interface StreamEvents {
  onEvent(type: string, value: unknown): void;
  onLost(why: string): void;
  /** The token is needed, or wrong; nothing is tried again until the next `start`. */
  onRefused(): void;
}

/** One stream at a time; `start` begins it anew. */
export class Stream {
  readonly #events: StreamEvents;
  #current: AbortController | null = null;

  constructor(events: StreamEvents) {
    this.#events = events;
  }

  /** With the token; null: without. */
  start(token: string | null): void {
    this.#current?.abort('begun anew');
    const current = new AbortController();
    this.#current = current;
    void this.#run(current.signal, token);
  }

  async #run(ended: AbortSignal, token: string | null): Promise<void> {
    for (let failures = 0; !ended.aborted; failures++) {
      const began = Date.now();
      const why = await this.#read(ended, token).catch((error: Error) => error.message);
      if (ended.aborted) return;
      if (why === null) return this.#events.onRefused();
      this.#events.onLost(why);
      if (Date.now() - began > SILENCE_MAX_MS) failures = 0;
      const wait = AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)]!;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** Reads to the end. Why it ended; null: the token was refused. */
  async #read(ended: AbortSignal, token: string | null): Promise<string | null> {
    const silence = new AbortController();
    let timer = 0;
    const heard = () => {
      clearTimeout(timer);
      const abort = () => silence.abort(new Error(`nothing came for ${SILENCE_MAX_MS / 1000} s`));
      timer = window.setTimeout(abort, SILENCE_MAX_MS);
    };
    heard();
    try {
      const response = await fetch('/events', {
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
        signal: AbortSignal.any([ended, silence.signal]),
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
      });
      if (response.status === 401) return null;
      if (!response.ok || response.body === null) {
        return `${response.status}: ${(await response.text()).trim()}`;
      }
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const parser = new EventParser();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return 'the host ended it';
        heard();
        for (const { type, data } of parser.push(value)) {
          this.#events.onEvent(type, JSON.parse(data));
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
