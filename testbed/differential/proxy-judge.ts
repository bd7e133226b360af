import { limits } from './limits.ts';
import { type Judge, type Opinion, SENTINEL, understoodByProxy } from './opinion.ts';
import { rawExchange, statusesOf } from './raw-exchange.ts';
import type { Recorder } from './recorder.ts';

/** A proxy as judge: what it passes on to a recorder of its own is what it understood. */
export class ProxyJudge implements Judge {
  readonly name: string;
  readonly #port: number;
  readonly #recorder: Recorder;

  /** `port` leads through the proxy to `recorder`. */
  constructor(name: string, port: number, recorder: Recorder) {
    this.name = name;
    this.#port = port;
    this.#recorder = recorder;
  }

  async judge(bytes: Buffer, complete: number | null): Promise<Opinion> {
    const sent = complete === null ? Buffer.concat([bytes, Buffer.from(SENTINEL)]) : bytes;
    const answer = await rawExchange(this.#port, sent, complete, limits.judgeTimeoutMs);
    const passed = this.#recorder.take().flatMap(({ requests }) => requests);
    const bad = statusesOf(answer.bytes).find((status) => status >= 400);
    const refused = bad === undefined ? null : `${bad}`;
    return { requests: passed.map(understoodByProxy), refused };
  }

  async close(): Promise<void> {
    this.#recorder.close();
  }
}
