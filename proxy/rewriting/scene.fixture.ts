/** A route that rewrites or answers, between clients and servers of memory. */
import type { HttpRulesConfig, RouteConfig } from '../../src/config/proxy-config.ts';
import type { RequestIdConfig } from '../../src/config/request-id-config.ts';
import type { RewritingConfig } from '../../src/config/rewriting-config.ts';
import {
  proxyConfig,
  routeConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { type MemoryConnection, MemoryEngine } from '../io/memory-engine.fixture.ts';

/** Nothing of any kind. */
export const NO_REWRITING: RewritingConfig = {
  headers: null,
  errorPages: [],
  maintenance: null,
  redirect: null,
  respond: null,
  rewrite: null,
  cors: null,
  basicAuth: null,
  forwardAuth: null,
  methods: [],
};

/** What a listener of the scene has beside its routes. */
export interface SceneOptions {
  readonly listener?: Partial<RewritingConfig>;
  readonly requestId?: RequestIdConfig;
  readonly rules?: Partial<HttpRulesConfig>;
  /** Nothing listens at the server. */
  readonly serverDown?: boolean;
}

/** A whole answer as a client sees it. */
export interface SeenAnswer {
  readonly status: number;
  /** Lower case. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Clients, a listener with these routes, and the connections to servers. */
export class RewritingScene {
  readonly origins: MemoryConnection[] = [];
  readonly plane: TestPlane;
  readonly engine = new MemoryEngine();

  constructor(routes: readonly Partial<RouteConfig>[], options: SceneOptions = {}) {
    this.engine.onOutgoing = (origin) => {
      this.origins.push(origin);
      if (options.serverDown) origin.refuse();
      else origin.establish();
    };
    const { listener, requestId, rules = {} } = options;
    const config = proxyConfig(upstreamConfig([1]), {
      routes: routes.map((route, index) => routeConfig({ name: `route-${index}`, ...route })),
      rules,
      ...(requestId && { requestId }),
    });
    const [front] = config.listeners;
    const rewriting = listener && { rewriting: { ...NO_REWRITING, ...listener } };
    const listeners = [{ ...front!, ...rewriting } as typeof front & object];
    this.plane = startPlane({ ...config, listeners }, this.engine);
  }

  /** A client says something. */
  ask(text: string, client = this.engine.accept()): MemoryConnection {
    client.arrive(Buffer.from(text, 'latin1'));
    this.engine.settle();
    return client;
  }

  /** One request, and the answer of the balancer, or of the server if it is asked. */
  exchange(request: string, answer = OK): SeenAnswer {
    const asked = this.origins.length;
    const before = this.origins.at(-1)?.sent.length ?? 0;
    const client = this.ask(request);
    const origin = this.origins.at(-1);
    const reached = this.origins.length > asked || (origin?.sent.length ?? 0) > before;
    if (origin?.open && reached) {
      origin.arrive(Buffer.from(answer, 'latin1'));
      this.engine.settle();
    }
    return seenAnswer(client.sent);
  }

  /** What the server was sent by the last request. */
  get forwarded(): string {
    const sent = this.origins.at(-1)?.sent ?? '';
    const heads = sent.split('\r\n\r\n').filter((text) => text !== '');
    return `${heads.at(-1) ?? ''}\r\n`;
  }

  close(): Promise<void> {
    return this.plane.close();
  }
}

/** What a server answers that has nothing to say. */
export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A request for a path. */
export function get(target: string, lines: readonly string[] = [], method = 'GET'): string {
  return [`${method} ${target} HTTP/1.1`, 'Host: shop.example', ...lines, '', ''].join('\r\n');
}

/** Reads one answer. */
export function seenAnswer(text: string): SeenAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...lines] = text.slice(0, end).split('\r\n');
  const fields: Record<string, string> = {};
  for (const one of lines) {
    const colon = one.indexOf(':');
    const name = one.slice(0, colon).toLowerCase();
    const value = one.slice(colon + 1).trim();
    fields[name] = name in fields ? `${fields[name]}, ${value}` : value;
  }
  return { status: Number(line.split(' ')[1]), fields, body: text.slice(end + 4) };
}

/** A page of text. */
export function page(text: string, contentType = 'text/html; charset=utf-8') {
  return { body: Buffer.from(text), contentType };
}
