import type { ProxyErrorCode } from '../errors.ts';
import type { BodyTaker, ContentFilter, ContentSink } from '../features/content.ts';
import type { LocalResponse } from '../features/local-response.ts';
import type { ResponseChanges } from '../features/response-edit.ts';
import type { Mutable } from './client-state.ts';
import type { Downstream } from './downstream.ts';
import { REFUSAL } from './error-answer.ts';
import { NO_LINES } from './extra-lines.ts';
import type { FeatureRun } from './feature-run.ts';
import { Field, fieldSet } from './fields.ts';
import { FilterChain } from './filter-chain.ts';
import { BodyKind, NO_NAMES, type ResponseHead } from './head.ts';

/** What servers say of themselves. */
const SERVER: readonly string[] = ['server'];
const SERVER_FIELD = fieldSet(Field.server);
const NO_FILTERS: readonly ContentFilter[] = [];
/** Makes nothing. */
const NO_MAKER: ContentMaker = { pause() {}, resume() {}, drop() {} };

/** Who makes the content of an answer: servers, or we. */
export interface ContentMaker {
  pause(): void;
  resume(): void;
  /** Nobody wants the rest. */
  drop(): void;
}

/** What the exchange hears of its answer. */
export interface AnswerOwner {
  /** The client has been given all of it. */
  answerEnded(): void;
  /** There is no rest of it. */
  fail(code: ProxyErrorCode): void;
}

/**
 * The answer to one request, a server's or our own: its head outwards through the features of the route,
 * its content from its maker to the client, through their filters, with back-pressure. Used for one
 * request after the other.
 */
export class Answer implements BodyTaker {
  /** The client has been told the status. */
  begun = false;
  status = 0;
  /** Clients see what servers say of themselves. */
  passServer = false;
  #client: Downstream;
  readonly #owner: AnswerOwner;
  #maker: ContentMaker | null = null;
  #chain: FilterChain | null = null;
  /** The client is sent none of the content: it asked with HEAD. */
  #mute = false;
  #run: FeatureRun | null = null;
  #headRequest = false;
  readonly #plain: Mutable<ResponseChanges> = { ...REFUSAL };
  /** Given as soon as the response that it replaces is through. */
  #replacement: LocalResponse | null = null;
  /** The client has all of it. */
  #ended = false;
  /** The server is not through with it yet. */
  #finishing = false;

  constructor(client: Downstream, owner: AnswerOwner) {
    this.#client = client;
    this.#owner = owner;
  }

  /** Answers go to another client from here on. */
  serve(client: Downstream): void {
    this.#client = client;
  }

  /** A new request: nothing is known of its answer. `headRequest`: the client asked with HEAD. */
  reset(headRequest: boolean): void {
    this.begun = false;
    this.status = 0;
    this.passServer = false;
    this.#maker = null;
    this.#chain = null;
    this.#run = null;
    this.#headRequest = headRequest;
    this.#replacement = null;
    this.#ended = false;
  }

  /** It passes the features of this run. */
  pass(run: FeatureRun): void {
    this.#run = run;
  }

  /** A server's; `lines` are whole lines to add. */
  fromServer(maker: ContentMaker, head: ResponseHead, lines: Buffer): void {
    const run = this.#run;
    if (run === null) {
      this.#begin(maker, head, this.#unchanged(head, lines, false, false), NO_FILTERS);
      return;
    }
    const replacement = run.respond(head, this.#headRequest, false, this.#hiddenOf(head));
    if (replacement === null) {
      this.#begin(maker, head, run.edit.changes(lines, false, false), run.edit.filters);
    } else if (head.bodyKind === BodyKind.none) {
      this.#replacement = replacement;
    } else {
      maker.drop();
      this.local(replacement, lines);
    }
  }

  /** The server's is complete. Its last bytes go to the client; then comes `serverFinished`. */
  serverDone(trailers: Buffer): void {
    // The next request begins as soon as this one has ended, and wants a dispatch that is through.
    this.#finishing = true;
    if (this.#replacement === null) this.end(trailers);
    this.#finishing = false;
  }

  /** The server is free again. */
  serverFinished(lines: Buffer): void {
    const replacement = this.#replacement;
    this.#replacement = null;
    if (replacement !== null) this.local(replacement, lines);
    else if (this.#ended) this.#owner.answerEnded();
  }

  /** One of our own. */
  local(response: LocalResponse, lines: Buffer): void {
    const run = this.#run;
    let current = response;
    let { closes = false } = response;
    let other = this.#outwards(current);
    while (other !== null) {
      current.body?.drop();
      current = other;
      // Whoever answers: where the next request would begin is not known better for it.
      closes ||= other.closes === true;
      other = this.#outwards(current);
    }
    const { head, body } = current;
    const own = current.relayed !== true;
    const all = current.lines === undefined ? lines : Buffer.concat([current.lines, lines]);
    const changes = run?.edit.changes(all, own, closes) ?? this.#unchanged(head, all, own, closes);
    const silent = body === null || this.#headRequest;
    this.#begin(silent ? NO_MAKER : body, head, changes, run?.edit.filters ?? NO_FILTERS);
    if (!silent) {
      body.start(this);
      return;
    }
    body?.drop();
    this.end(NO_LINES);
  }

  content(bytes: Buffer, start: number, end: number): void {
    if (this.#chain !== null) this.#chain.content(bytes, start, end);
    else if (!this.#mute) this.#client.writer.content(bytes, start, end);
  }

  flush(): void {
    if (this.#chain !== null) {
      this.#chain.flush();
      return;
    }
    this.#client.writer.flush();
    if (!this.#client.writer.blocked) return;
    // Nothing more is made until the client has taken what there is.
    this.#maker?.pause();
    this.#client.awaitDrain();
  }

  end(trailers: Buffer): void {
    if (this.#chain !== null) this.#chain.end(trailers);
    else this.#finish(trailers);
  }

  failed(code: ProxyErrorCode): void {
    this.#owner.fail(code);
  }

  /** The client is ready for more. */
  drained(): void {
    if (this.#chain !== null) this.#chain.drained();
    else this.#maker?.resume();
  }

  /** Gives up whoever makes it, and the filters. */
  drop(): void {
    const maker = this.#maker;
    const chain = this.#chain;
    this.#maker = null;
    this.#chain = null;
    chain?.drop();
    maker?.drop();
  }

  /** The head goes to the client. `filters`: through what the content goes, first to get it first. */
  #begin(
    maker: ContentMaker,
    head: ResponseHead,
    changes: ResponseChanges,
    filters: readonly ContentFilter[],
  ): void {
    this.begun = true;
    this.status = head.status;
    this.#maker = maker;
    this.#mute = changes.bodiless;
    if (filters.length > 0) this.#chain = this.#through([...filters], maker);
    this.#client.respond(head, changes);
  }

  #outwards({ head, error = false }: LocalResponse): LocalResponse | null {
    return this.#run?.respond(head, this.#headRequest, error, this.#hiddenOf(head)) ?? null;
  }

  /** As it is, but for what clients do not see; valid until the next call. */
  #unchanged(head: ResponseHead, lines: Buffer, own: boolean, closes: boolean): ResponseChanges {
    const changes = this.#plain;
    changes.hidden = this.passServer || !head.has(Field.server) ? 0 : SERVER_FIELD;
    changes.lines = lines;
    changes.bodiless = this.#headRequest;
    changes.own = own;
    changes.closes = closes;
    return changes;
  }

  /** What of a head clients do not see. */
  #hiddenOf(head: ResponseHead): readonly string[] {
    return this.passServer || !head.has(Field.server) ? NO_NAMES : SERVER;
  }

  #through(filters: readonly ContentFilter[], maker: ContentMaker): FilterChain {
    const client = this.#client;
    const last: ContentSink = {
      get blocked() {
        return client.writer.blocked;
      },
      content: (bytes, start, end) => {
        if (!this.#mute) client.writer.content(bytes, start, end);
      },
      flush: () => {
        client.writer.flush();
        if (client.writer.blocked) client.awaitDrain();
      },
      end: (trailers) => this.#finish(trailers),
    };
    return new FilterChain(filters, last, maker);
  }

  #finish(trailers: Buffer): void {
    this.#client.writer.end(this.#mute ? NO_LINES : trailers);
    this.#client.writer.flush();
    this.#maker = null;
    this.#chain = null;
    this.#ended = true;
    if (!this.#finishing) this.#owner.answerEnded();
  }
}
