/** All limits of one route, asked in their order: the first that refuses decides. */
import type { RequestHead } from '../http1/head.ts';
import type { GateDecision, GatePass, RequestGate } from './request-gate.ts';
import type { Source } from './request-key.ts';
import { type Hold, OVER, type RequestLimit } from './request-limit.ts';

/** Nothing to wait for, nothing to give back. */
const PASS: GatePass = { delayMs: 0, over() {} };

/**
 * A request must get through every limit. What the limits before took is given back when one refuses:
 * a request that is refused counts for none but the one that refused it. It waits for the longest of
 * the delays.
 */
export class LimitsGate implements RequestGate {
  readonly #limits: readonly RequestLimit[];

  constructor(limits: readonly RequestLimit[]) {
    this.#limits = limits;
  }

  admit(head: RequestHead, client: Source, now: number): GateDecision {
    const limits = this.#limits;
    let delayMs = 0;
    for (let index = 0; index < limits.length; index++) {
      const limit = limits[index]!;
      const waitMs = limit.take(head, client, now);
      if (waitMs === OVER) {
        for (let before = 0; before < index; before++) limits[before]!.giveBack();
        return limit.refusal;
      }
      if (waitMs > delayMs) delayMs = waitMs;
    }
    const holds: Hold[] = [];
    for (const limit of limits) {
      const hold = limit.hold();
      if (hold !== null) holds.push(hold);
    }
    if (delayMs === 0 && holds.length === 0) return PASS;
    return {
      delayMs,
      over() {
        for (const hold of holds) hold.release();
      },
    };
  }
}
