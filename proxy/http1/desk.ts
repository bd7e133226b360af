import type { Connection } from '../io/engine.ts';
import { DESKS_FREE_MAX } from '../limits.ts';
import { ListenerCounter } from '../shared/layout.ts';
import { BodyDecoder } from './body-decoder.ts';
import type { Mutable } from './client-state.ts';
import type { ClientTraffic } from './client-traffic.ts';
import { PLAIN_FORM, type ResponseForm, type ViaLines } from './compose-head.ts';
import type { Downstream } from './downstream.ts';
import { Exchange } from './exchange.ts';
import type { ResponseHead } from './head.ts';
import type { HttpContext } from './http-context.ts';
import { MessageWriter } from './message-writer.ts';
import { PartialHead } from './partial-head.ts';
import { ReadHolds } from './read-holds.ts';
import { writeHead } from './write-head.ts';

/** Whose requests are worked on. */
export interface DeskUser extends Downstream {
  readonly connection: Connection;
  readonly traffic: ClientTraffic;
}

/** What an HTTP/1 client connection needs while it has a request, or part of one; idle ones have none. */
export class Desk {
  readonly exchange: Exchange;
  readonly writer: MessageWriter;
  readonly holds: ReadHolds;
  readonly decoder = new BodyDecoder();
  readonly form: Mutable<ResponseForm>;
  /** A head in parts, or requests that came before their turn. */
  readonly pending: PartialHead;
  readonly #via: ViaLines;

  constructor(context: HttpContext, user: DeskUser) {
    const { engine, limits, identityRules } = context;
    const { connection, traffic } = user;
    this.exchange = new Exchange(context, user);
    this.writer = new MessageWriter(engine, connection, traffic, ListenerCounter.bytesOut);
    this.holds = new ReadHolds(connection);
    this.#via = identityRules.via;
    this.form = { ...PLAIN_FORM, via: this.#via };
    this.pending = new PartialHead(limits.headBytesMax);
  }

  /** Somebody else works on it from here on; only while it is clear. */
  give(user: DeskUser): void {
    this.exchange.serve(user);
    this.writer.serve(user.connection, user.traffic);
    this.holds.serve(user.connection);
  }

  /** Feeds the exchange with a body; returns where that ends, or `end`, or -1: its framing is wrong. */
  feed(bytes: Buffer, start: number, end: number, traffic: ClientTraffic): number {
    const { decoder, exchange } = this;
    let at = start;
    while (at < end && !decoder.done && exchange.active) {
      const next = decoder.step(bytes, at, end);
      traffic.receivedBytes += (next < 0 ? end : next) - at;
      if (next < 0) return -1;
      at = next;
      if (decoder.dataEnd > decoder.dataStart) {
        exchange.requestContent(bytes, decoder.dataStart, decoder.dataEnd);
      }
    }
    return at;
  }

  /** Sends a 1xx head. */
  interim(head: ResponseHead, traffic: ClientTraffic): void {
    writeHead(this.writer, traffic, head, { ...PLAIN_FORM, via: this.#via });
    this.writer.flush();
  }

  /** Sends the head of an answer in the form that was filled in; its content follows. */
  begin(head: ResponseHead, traffic: ClientTraffic): void {
    const { form, writer } = this;
    writeHead(writer, traffic, head, form);
    writer.chunked = form.chunked;
    writer.trailers = form.trailers;
  }

  /** Between requests: nothing of the next has come, and the client has taken its answers. */
  get settled(): boolean {
    return this.pending.length === 0 && !this.writer.blocked;
  }

  /** Nothing is left of the last request, and nothing there of the next. */
  get clear(): boolean {
    return this.settled && !this.holds.any && !this.exchange.active;
  }
}

/** The desks of a listener that nobody works on; the one used last is taken next. */
export class Desks {
  readonly #context: HttpContext;
  readonly #free: Desk[] = [];

  constructor(context: HttpContext) {
    this.#context = context;
  }

  take(user: DeskUser): Desk {
    const desk = this.#free.pop();
    if (desk === undefined) return new Desk(this.#context, user);
    desk.give(user);
    return desk;
  }

  /** Takes it back if it is clear; false: its user keeps it. */
  put(desk: Desk): boolean {
    // What bounds a client in time counts the requests of its connection.
    if (this.#context.limits.time !== null || !desk.clear) return false;
    if (this.#free.length < DESKS_FREE_MAX) this.#free.push(desk);
    return true;
  }
}
