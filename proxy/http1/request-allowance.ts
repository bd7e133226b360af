import type { HttpLimits } from '../../src/config/proxy-config.ts';
import type { DeadlineQueue } from '../io/deadline-queue.ts';
import type { GatePass, GateRefusal, RequestGate } from '../limiting/request-gate.ts';
import type { ClientIdentity } from './client-identity.ts';
import type { RequestHead } from './head.ts';
import { type BoundedRequest, NO_BOUNDS, RequestBounds } from './request-bounds.ts';

/** What the requests of one client may take, one request at a time: time, bytes, places, rates. */
export class RequestAllowance {
  readonly #queue: DeadlineQueue;
  readonly #request: BoundedRequest;
  readonly #bodyBytesMax: number;
  #bodyBytes = 0;
  /** What binds them in time; null while nothing does. */
  #bounds: RequestBounds | null;
  /** To be told when the request is over. */
  #pass: GatePass | null = null;

  constructor(queue: DeadlineQueue, limits: HttpLimits, request: BoundedRequest) {
    this.#queue = queue;
    this.#request = request;
    this.#bodyBytesMax = limits.bodyBytesMax;
    const { time } = limits;
    this.#bounds = time === null ? null : new RequestBounds(queue, time, request);
  }

  /** The connection carries no request after this one. */
  get last(): boolean {
    return this.#bounds?.last === true;
  }

  /** The head of a request is there. */
  begin(): void {
    this.#bodyBytes = 0;
    this.#bounds?.begin();
  }

  /** Its route gives it so long in all; 0: any time. */
  boundBy(timeoutMs: number): void {
    if (timeoutMs === 0) return;
    this.#bounds ??= new RequestBounds(this.#queue, NO_BOUNDS, this.#request);
    this.#bounds.routed(timeoutMs);
  }

  /** Asks the limits of the route, by its head. A pass is ended by `over`. */
  admit(gate: RequestGate, head: RequestHead, client: ClientIdentity, now: number): Admission {
    const decision = gate.admit(head, client, now);
    if (!('code' in decision)) this.#pass = decision;
    return decision;
  }

  /** So much more of its body has come; false: that is too much. */
  received(bytes: number): boolean {
    this.#bodyBytes += bytes;
    if (this.#bodyBytesMax > 0 && this.#bodyBytes > this.#bodyBytesMax) return false;
    this.#bounds?.received(bytes);
    return true;
  }

  /** No more of its body is wanted for now, or again. */
  hold(held: boolean): void {
    this.#bounds?.hold(held);
  }

  /** All of it is there. */
  complete(): void {
    this.#bounds?.complete();
  }

  /** It has become a tunnel, which nothing binds. */
  unbind(): void {
    this.#bounds?.over();
  }

  /** It has ended. */
  over(): void {
    this.#bounds?.over();
    this.#pass?.over();
    this.#pass = null;
  }
}

/** What the limits of a route say. */
export type Admission = GatePass | GateRefusal;
