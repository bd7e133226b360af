/** A whole data plane between a client and an origin of memory; what went where, in a comparable form. */
import type { AccessLogConfig } from '../../src/config/access-log-config.ts';
import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import { proxyConfig, startPlane, type TestPlane, upstreamConfig } from '../data-plane.fixture.ts';
import { type MemoryConnection, MemoryEngine } from '../io/memory-engine.fixture.ts';
import { type WireMessage, wireRequests, wireResponses } from './wire-messages.fixture.ts';

/** How the other side's part comes in. */
export interface Manner {
  /** The pieces. */
  readonly pieces: readonly Buffer[];
  /** Every write fills a backlog. */
  readonly slow: boolean;
}

/** What everybody saw. */
export interface Sight {
  readonly toClient: readonly WireMessage[];
  /** How the proxy left the client's connection. */
  readonly client: MemoryConnection['state'];
  /** Requests that reached an origin in full. */
  readonly toOrigin: readonly WireMessage[];
  /** All that went to origins, by connection; it depends on the pieces. */
  readonly upstream: readonly string[];
}

/** After this the server has been silent for too long. */
const TIMEOUT_MS = 300;
const SILENCE_MS = 2 * TIMEOUT_MS;

const LOADED_UPSTREAM: Partial<UpstreamConfig> = {
  sticky: {
    cookie: 'a',
    secret: Buffer.from('secret'),
    ttlMs: null,
    path: '/',
    domain: null,
    secure: true,
    sameSite: 'lax',
  },
};

const TRUSTED = [{ address: '192.0.2.0', prefixLength: 24 }];

/** Lines that read all over the message; nobody takes them, so they are dropped in the end. */
const LOG: AccessLogConfig = {
  destination: { kind: 'stdout' },
  style: 'json',
  parts: [
    { variable: 'request' },
    { variable: 'status' },
    { family: 'http_', name: 'x' },
    { family: 'cookie_', name: 'a' },
    { family: 'arg_', name: 'b' },
  ],
  redact: ['b'],
  truncateAddresses: true,
  sampleEvery: 1,
  flushMs: 50,
  bufferBytes: 65_536,
};

const LOADED_LISTENER: Parameters<typeof proxyConfig>[1] = {
  accessLog: LOG,
  requestId: { header: 'X-Request-Id', trust: 'always', respond: true },
  trace: { trust: 'always', sampled: true },
  rules: { forwarded: 'both', clientIp: { trusted: TRUSTED, header: 'forwarded' } },
};

const DATE = /\r\nDate: [^\r]*/g;

/** The scene; one for many runs, whose traces in it must not matter. */
export class MemoryScene {
  readonly engine = new MemoryEngine();
  readonly #plane: TestPlane;

  /** `loaded`: with everything that adds to messages or reads them. */
  constructor(loaded = false) {
    // No connection is kept, so that a run cannot tell that there was another.
    const timeouts = { responseTimeoutMs: TIMEOUT_MS, idleTimeoutMs: TIMEOUT_MS };
    const more = loaded ? LOADED_UPSTREAM : {};
    const upstream = upstreamConfig([9], { keepAliveMax: 0, ...timeouts, ...more });
    const listener = { connectionsMax: 10, ...(loaded ? LOADED_LISTENER : {}) };
    this.#plane = startPlane(proxyConfig(upstream, listener), this.engine);
  }

  /** A client sends pieces and ends; the origin answers each complete request with what it got. */
  requests({ pieces, slow }: Manner): Sight {
    const origins: MemoryConnection[] = [];
    this.engine.slow = slow;
    this.engine.onOutgoing = (origin) => {
      origins.push(origin);
      let answered = 0;
      origin.onSent = () => {
        const complete = wireRequests(origin.sent).filter((request) => request.complete);
        for (const request of complete.slice(answered)) origin.arrive(Buffer.from(echo(request)));
        answered = complete.length;
      };
      origin.establish();
    };
    const client = this.engine.accept();
    client.arrive(...pieces, 'end');
    this.engine.settle();
    const toOrigin = origins
      .flatMap(({ sent }) => wireRequests(sent))
      .filter(({ complete }) => complete);
    const methods = toOrigin.map(({ head }) => head.slice(0, head.indexOf(' ')));
    const upstream = origins.map(({ sent }) => sent);
    return { ...this.#sight(client, methods), toOrigin, upstream };
  }

  /** An origin answers one request with pieces, then ends, breaks off or rests. */
  response(request: string, { pieces, slow }: Manner, after: 'end' | 'reset' | 'rest'): Sight {
    this.engine.slow = slow;
    const origins: MemoryConnection[] = [];
    this.engine.onOutgoing = (origin) => {
      origins.push(origin);
      let answered = false;
      origin.onSent = () => {
        if (answered || origin.sent === '') return;
        answered = true;
        origin.arrive(...pieces);
        if (after !== 'rest') origin.arrive(after);
      };
      origin.establish();
    };
    const client = this.engine.accept();
    client.arrive(Buffer.from(request, 'latin1'));
    this.engine.settle();
    if (after === 'rest') this.engine.pass(SILENCE_MS);
    const sight = this.#sight(client, [request.slice(0, request.indexOf(' '))]);
    client.arrive('reset');
    this.engine.settle();
    return { ...sight, toOrigin: [], upstream: origins.map(({ sent }) => sent) };
  }

  /** What must be nothing when no run is under way. */
  left(): { readonly open: number; readonly clients: number; readonly inFlight: number } {
    return {
      open: this.engine.open,
      clients: this.#plane.listener().open,
      inFlight: this.#plane.server(9).inFlight,
    };
  }

  close(): Promise<void> {
    return this.#plane.close();
  }

  #sight(client: MemoryConnection, methods: readonly string[]): Pick<Sight, 'toClient' | 'client'> {
    const answers = wireResponses(client.sent, methods).map((answer) => ({
      ...answer,
      head: answer.head.replace(DATE, ''),
    }));
    // A reset takes with it what had not been sent; how much that is says nothing.
    const toClient =
      client.state === 'reset' ? answers.filter(({ complete }) => complete) : answers;
    return { toClient, client: client.state };
  }
}

function echo({ head, body }: WireMessage): string {
  const text = `${body.length} ${Buffer.from(body, 'latin1').toString('hex')}`;
  const sent = head.startsWith('HEAD ') ? '' : text;
  return `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${sent}`;
}
