import { formatIp } from '../../src/os/ip-address.ts';
import { describeReason } from '../transition-text.ts';
import type { TransitionReason } from '../virtual-router/action.ts';
import type { RouterEvent } from '../virtual-router/event.ts';
import type { AgentEvent } from './event-types.ts';

/** Tells from a router's inputs when another router is heard for the first time, and when it is gone. */
export class PeerNews {
  readonly #router: string;
  #peer: Uint8Array | null = null;

  constructor(router: string) {
    this.#router = router;
  }

  /** What an input means, and the transition it led to; null: nothing new, as nearly always. */
  after(event: RouterEvent, reason: TransitionReason | null): AgentEvent | null {
    if (event.type === 'advertisement') return this.#heard(event);
    if (reason === null) return null;
    const { code } = reason;
    if (code !== 'silence' && code !== 'peer-lost' && code !== 'resigned') return null;
    if (reason.heard === null || this.#peer === null) return null;
    this.#peer = null;
    const peer = formatIp(reason.heard.source);
    return {
      type: 'peer-lost',
      router: this.#router,
      peer,
      how: code,
      why: describeReason(reason),
    };
  }

  #heard({ heard }: RouterEvent & { type: 'advertisement' }): AgentEvent | null {
    // Priority 0 is a farewell.
    if (heard.priority === 0) return null;
    if (this.#peer !== null && isEqual(this.#peer, heard.source)) return null;
    this.#peer = heard.source;
    const peer = formatIp(heard.source);
    return { type: 'peer-heard', router: this.#router, peer, priority: heard.priority };
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
