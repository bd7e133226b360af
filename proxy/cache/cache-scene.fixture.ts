/**
 * A data plane with a cache, without a network and with a clock that the test owns: clients that ask, an
 * origin that answers what the test says, and what each heard of the other.
 */
import { vi } from 'vitest';
import type { RouteCacheConfig } from '../../src/config/cache-config.ts';
import type { HttpRulesConfig, RouteConfig } from '../../src/config/proxy-config.ts';
import {
  HTTP_RULES,
  proxyConfig,
  routeConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { type MemoryConnection, MemoryEngine } from '../io/memory-engine.fixture.ts';

export const ROUTE_CACHE: RouteCacheConfig = {
  store: 'pages',
  key: [{ kind: 'scheme' }, { kind: 'host' }, { kind: 'path' }, { kind: 'query' }],
  ttl: [],
  override: false,
  heuristicMaxMs: 0,
  bypass: [],
  noStore: [],
  staleIfErrorMs: 0,
  staleWhileRevalidateMs: 0,
  lockTimeoutMs: 5000,
  ignoreClientDirectives: true,
  statusHeader: true,
  minUses: 1,
};

/** A request as the origin got it. */
export interface OriginRequest {
  readonly method: string;
  readonly target: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** What a client got. */
export interface Got {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
  /** The Cache-Status member of ours. */
  readonly cache: string;
}

/** Says what the origin answers: all of a response, or null to leave it open. */
export type OriginScript = (request: OriginRequest, origin: MemoryConnection) => string | null;

/** When all scenes begin. */
export const START = Date.UTC(2026, 10, 21, 12);

/** A response with these fields; Content-Length and Date are added. */
export function response(
  status: number,
  fields: Readonly<Record<string, string>>,
  body = '',
): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const bodiless = status === 304 || status === 204;
  if (!bodiless) lines.push(`Content-Length: ${body.length}\r\n`);
  if (fields.Date === undefined) lines.push(`Date: ${new Date().toUTCString()}\r\n`);
  return `HTTP/1.1 ${status} X\r\n${lines.join('')}\r\n${bodiless ? '' : body}`;
}

/** The scene. */
export class CacheScene {
  readonly engine = new MemoryEngine();
  readonly plane: TestPlane;
  /** What the origin was asked. */
  readonly asked: OriginRequest[] = [];
  script: OriginScript = () => response(200, { 'Cache-Control': 'max-age=60' }, 'hello');
  /** New connections are refused. */
  dead = false;

  constructor(
    cache: Partial<RouteCacheConfig> = {},
    route: Partial<RouteConfig> = {},
    objectMax = 1024 * 1024,
    rules: Partial<HttpRulesConfig> = {},
  ) {
    vi.useFakeTimers({ toFake: ['Date'], now: START });
    this.engine.onOutgoing = (origin) => this.#serve(origin);
    const config = proxyConfig(upstreamConfig([1]), {
      routes: [routeConfig({ cache: { ...ROUTE_CACHE, ...cache }, ...route })],
      rules: { ...HTTP_RULES, ...rules },
    });
    const caches = [
      { name: 'pages', memoryBytes: 4 * 1024 * 1024, disk: null, objectMaxBytes: objectMax },
    ];
    this.plane = startPlane({ ...config, caches }, this.engine);
  }

  async close(): Promise<void> {
    vi.useRealTimers();
    await this.plane.close();
  }

  /** Lets the wall clock go on. */
  pass(ms: number): void {
    vi.setSystemTime(Date.now() + ms);
  }

  /** Sends a request on a connection of its own. */
  send(target: string, fields: Readonly<Record<string, string>> = {}, method = 'GET'): Client {
    const connection = this.engine.accept();
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    const host = fields.Host === undefined ? 'Host: example.com\r\n' : '';
    connection.arrive(Buffer.from(`${method} ${target} HTTP/1.1\r\n${host}${lines.join('')}\r\n`));
    this.engine.settle();
    return new Client(this.engine, connection, method);
  }

  /** Sends a request, waits for all of the answer and hangs up. */
  async get(
    target = '/',
    fields: Readonly<Record<string, string>> = {},
    method = 'GET',
  ): Promise<Got> {
    const client = this.send(target, fields, method);
    const got = await client.got();
    client.leave();
    return got;
  }

  #serve(origin: MemoryConnection): void {
    if (this.dead) {
      origin.refuse();
      return;
    }
    let seen = 0;
    origin.onSent = () => {
      const end = origin.sent.indexOf('\r\n\r\n', seen);
      if (end < 0) return;
      const request = parseRequest(origin.sent.slice(seen, end));
      seen = end + 4;
      this.asked.push(request);
      const answer = this.script(request, origin);
      if (answer !== null) origin.arrive(Buffer.from(answer, 'latin1'));
    };
    origin.establish();
  }
}

/** One client with one request. */
export class Client {
  readonly connection: MemoryConnection;
  readonly #engine: MemoryEngine;
  readonly #method: string;

  constructor(engine: MemoryEngine, connection: MemoryConnection, method: string) {
    this.#engine = engine;
    this.connection = connection;
    this.#method = method;
  }

  /** Goes away. */
  leave(): void {
    this.connection.arrive('reset');
    this.#engine.settle();
  }

  /** All of the answer, or what there was when its connection broke off. */
  async got(): Promise<Got> {
    for (let turn = 0; turn < 200; turn++) {
      this.#engine.settle();
      const got = parseResponse(this.connection.sent, this.#method);
      if (got !== null) return got;
      if (!this.connection.open) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error(`no whole answer: ${JSON.stringify(this.connection.sent)}`);
  }
}

function fieldsOf(lines: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
    const lower = name.toLowerCase();
    fields[lower] = fields[lower] === undefined ? value : `${fields[lower]}, ${value}`;
  }
  return fields;
}

function parseRequest(head: string): OriginRequest {
  const [line = '', ...lines] = head.split('\r\n');
  const [method = '', target = ''] = line.split(' ');
  return { method, target, fields: fieldsOf(lines) };
}

function parseResponse(sent: string, method: string): Got | null {
  const end = sent.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [line = '', ...lines] = sent.slice(0, end).split('\r\n');
  const fields = fieldsOf(lines);
  const status = Number(line.split(' ')[1]);
  const cache = (fields['cache-status'] ?? '')
    .split(', ')
    .at(-1)!
    .replace(/^tandem; /, '');
  let body: string | null = sent.slice(end + 4);
  if (method === 'HEAD' || status === 304 || status === 204) body = '';
  else if (fields['transfer-encoding'] === 'chunked') body = dechunked(body);
  else if (body.length < Number(fields['content-length'])) body = null;
  return body === null ? null : { status, fields, body, cache };
}

function dechunked(text: string): string | null {
  let body = '';
  let at = 0;
  for (;;) {
    const line = text.indexOf('\r\n', at);
    if (line < 0) return null;
    const size = Number.parseInt(text.slice(at, line), 16);
    if (size === 0) return text.endsWith('\r\n\r\n') ? body : null;
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}
