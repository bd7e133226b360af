/** What features of a route may do with requests and answers, with features that the tests make up. */
import { afterEach, expect, it } from 'vitest';
import { proxyConfig, startPlane, type TestPlane, upstreamConfig } from '../data-plane.fixture.ts';
import type { FeatureRequest, RequestFeature, RouteFeature } from '../features/feature.ts';
import { Doubling, Holding } from '../features/filters.fixture.ts';
import { localResponse } from '../features/local-response.ts';
import type { FeatureName } from '../features/order.ts';
import { type MemoryConnection, MemoryEngine } from '../io/memory-engine.fixture.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const PAGE = localResponse(403, [['X-Page', 'yes']], 'page');

let plane: TestPlane;
let engine: MemoryEngine;
let origins: MemoryConnection[];
/** What the features were told, in order. */
let told: string[];

afterEach(async () => {
  await plane.close();
});

/** A feature that says what happened to it, and does what it is made to. */
function feature(name: FeatureName, acts: RequestFeature): RouteFeature {
  return {
    name,
    begin: () => ({
      ...acts,
      request(request) {
        told.push(`${name} request`);
        return acts.request?.(request) ?? 'on';
      },
      response(response) {
        told.push(`${name} response ${response.status}`);
        acts.response?.(response);
      },
      failed(code, request) {
        told.push(`${name} failed ${code}`);
        return acts.failed?.(code, request) ?? false;
      },
      over() {
        told.push(`${name} over`);
      },
    }),
  };
}

function start(...features: RouteFeature[]): void {
  told = [];
  origins = [];
  engine = new MemoryEngine();
  engine.onOutgoing = (origin) => {
    origins.push(origin);
    origin.establish();
  };
  const config = proxyConfig(upstreamConfig([1]));
  plane = startPlane(config, engine, undefined, undefined, () => features);
}

function ask(text: string): MemoryConnection {
  const client = engine.accept();
  client.arrive(Buffer.from(text));
  engine.settle();
  return client;
}

function answer(text: string): void {
  origins.at(-1)!.arrive(Buffer.from(text));
  engine.settle();
}

it('requests pass inwards and answers outwards', () => {
  start(feature('headers', {}), feature('cache', {}), feature('mirror', {}));
  const client = ask(GET);
  answer(OK);
  expect(client.sent).toContain('200 OK');
  expect(told).toEqual([
    ...['headers request', 'cache request', 'mirror request'],
    ...['mirror response 200', 'cache response 200', 'headers response 200'],
    ...['headers over', 'cache over', 'mirror over'],
  ]);
});

it('what a feature answers passes only those further out, and keeps the connection', () => {
  start(
    feature('headers', { response: (response) => response.set('X-Out', '1') }),
    feature('respond', {
      request(request) {
        request.answer(PAGE);
        return 'answered';
      },
    }),
    feature('cache', {}),
  );
  const client = ask(GET + GET);
  expect(origins).toHaveLength(0);
  expect(client.sent.match(/HTTP\/1.1 403 Forbidden/g)).toHaveLength(2);
  expect(client.sent).toContain('X-Page: yes');
  expect(client.sent).toContain('X-Out: 1');
  expect(client.sent).toMatch(/Date: [^\r]+\r\n/);
  expect(client.sent).not.toContain('Via:');
  expect(client.sent).not.toContain('Connection: close');
  expect(told.filter((line) => line.startsWith('cache'))).toEqual(['cache over', 'cache over']);
  expect(plane.listener()).toMatchObject({ requests: 2, responses4xx: 2 });
});

it('HEAD gets the head of an answer of ours, with its length', () => {
  start(
    feature('respond', {
      request(request) {
        request.answer(PAGE);
        return 'answered';
      },
    }),
  );
  const client = ask(GET.replace('GET', 'HEAD') + GET);
  const [first, second] = client.sent.split('\r\n\r\n');
  expect(first).toContain('Content-Length: 4');
  expect(second).toMatch(/^HTTP\/1.1 403/);
});

it('a request that waits goes on later, with its head, its body and what follows it', () => {
  let waiting: FeatureRequest | null = null;
  start(
    feature('forward_auth', {
      request(request) {
        waiting = request;
        return 'wait';
      },
    }),
  );
  const client = ask(`POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody${GET}`);
  expect(origins).toHaveLength(0);
  waiting!.edits.lines.push(Buffer.from('X-User: me\r\n'));
  waiting!.goOn();
  engine.settle();
  expect(origins[0]!.sent).toContain('POST /b HTTP/1.1\r\nHost: x\r\n');
  expect(origins[0]!.sent).toContain('X-User: me\r\n');
  expect(origins[0]!.sent).toMatch(/\r\n\r\nbody$/);
  answer(OK);
  expect(client.sent).toContain('200 OK');
  waiting!.goOn();
  engine.settle();
  answer(OK);
  expect(origins[0]!.sent).toContain('GET /a');
  expect(client.sent.match(/200 OK/g)).toHaveLength(2);
});

it('the rest of a body that comes after the wait reaches the server', () => {
  let waiting: FeatureRequest | null = null;
  start(
    feature('forward_auth', {
      request(request) {
        waiting = request;
        return 'wait';
      },
    }),
  );
  const client = ask('POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nbo');
  client.arrive(Buffer.from('dy'));
  engine.settle();
  waiting!.goOn();
  engine.settle();
  client.arrive(Buffer.from('more'));
  engine.settle();
  expect(origins[0]!.sent).toMatch(/\r\n\r\nbodymore$/);
  answer(OK);
  expect(client.sent).toContain('200 OK');
});

it('a client that goes away while its request waits ends it', () => {
  start(feature('forward_auth', { request: () => 'wait' }));
  const client = ask(GET);
  client.arrive('reset');
  engine.settle();
  expect(told).toEqual(['forward_auth request', 'forward_auth over']);
  expect(plane.listener()).toMatchObject({ requests: 1, responses4xx: 1 });
});

it('fields are removed, set and added; the content may be another', () => {
  start(
    feature('headers', {
      response(response) {
        expect(response.value('x-b')).toBe('2, 3');
        expect(response.value('x-a')).toBeNull();
      },
    }),
    feature('compression', {
      response(response) {
        expect(response.length).toBe(2);
        response.remove('x-a');
        response.set('X-B', '2');
        response.add('X-B', '3');
        response.lengthChanged(null);
        response.filter(new Doubling());
      },
    }),
  );
  const client = ask(GET);
  answer('HTTP/1.1 200 OK\r\nX-A: 1\r\nX-B: 1\r\nContent-Length: 2\r\n\r\nok');
  expect(client.sent).toContain('X-B: 2\r\nX-B: 3\r\n');
  expect(client.sent).not.toContain('X-A');
  expect(client.sent).not.toContain('Content-Length');
  expect(client.sent).toMatch(/Transfer-Encoding: chunked\r\n.*\r\n\r\n4\r\nokok\r\n0\r\n\r\n$/s);
});

it('the server is free while a filter still holds the content back', () => {
  const holding = new Holding();
  start(feature('response_buffering', { response: (response) => response.filter(holding) }));
  const client = ask(GET);
  answer(OK);
  expect(plane.server(1).inFlight).toBe(0);
  expect(told).not.toContain('response_buffering over');
  holding.give();
  engine.settle();
  expect(client.sent).toMatch(/\r\n\r\nok$/);
  expect(told).toContain('response_buffering over');
});

it('a filter that has enough stops the server, and lets it go on', () => {
  const holding = new Holding();
  start(feature('response_buffering', { response: (response) => response.filter(holding) }));
  const client = ask(GET);
  answer('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nfi');
  holding.before.pause();
  answer('rst!');
  expect(holding.ended).toBe(false);
  holding.before.resume();
  engine.settle();
  expect(holding.ended).toBe(true);
  holding.give();
  engine.settle();
  expect(client.sent).toMatch(/\r\n\r\nfirst!$/);
});

it('a filter is dropped with the client', () => {
  const doubling = new Doubling();
  start(feature('compression', { response: (response) => response.filter(doubling) }));
  const client = ask(GET);
  answer('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nfi');
  client.arrive('reset');
  engine.settle();
  expect(doubling.dropped).toBe(true);
  expect(told.at(-1)).toBe('compression over');
});

it('an answer is replaced, and the connection of one without content serves on', () => {
  start(
    feature('headers', {}),
    feature('cache', { response: (response) => response.replace(PAGE) }),
  );
  const client = ask(GET);
  answer('HTTP/1.1 304 Not Modified\r\n\r\n');
  expect(client.sent).toContain('403 Forbidden');
  expect(told).toContain('headers response 403');
  expect(told).not.toContain('headers response 304');
  client.arrive(Buffer.from(GET));
  engine.settle();
  expect(origins).toHaveLength(1);
  answer(OK);
  expect(client.sent.match(/403 Forbidden/g)).toHaveLength(2);
  expect(plane.server(1).inFlight).toBe(0);
});

it('a feature answers where nobody could', () => {
  start(
    feature('headers', {}),
    feature('cache', {
      failed(_code, request) {
        request.answer(PAGE);
        return true;
      },
    }),
    feature('mirror', {}),
  );
  engine.onOutgoing = (origin) => {
    origins.push(origin);
    origin.refuse();
  };
  const client = ask(GET);
  expect(client.sent).toContain('403 Forbidden');
  expect(told).toEqual([
    ...['headers request', 'cache request', 'mirror request'],
    ...['mirror failed connect_failed', 'cache failed connect_failed', 'headers response 403'],
    ...['headers over', 'cache over', 'mirror over'],
  ]);
});

it('errors of our own pass the features that dress every answer', () => {
  start(feature('headers', { response: (response) => response.set('X-Out', '1') }));
  engine.onOutgoing = (origin) => origin.refuse();
  const client = ask(GET);
  expect(client.sent).toContain('502 Bad Gateway');
  expect(client.sent).toContain('X-Out: 1');
});

it('edits reach the server: target, host, method, fields', () => {
  start(
    feature('rewrite', {
      request({ edits }) {
        edits.target = '/new?q=1';
        edits.host = 'other';
        edits.method = 'GET';
        edits.without.push('x-a');
        return 'on';
      },
    }),
  );
  const client = ask('HEAD /a?old HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nX-B: 2\r\n\r\n');
  expect(origins[0]!.sent).toMatch(/^GET \/new\?q=1 HTTP\/1.1\r\nHost: other\r\n/);
  expect(origins[0]!.sent).toContain('X-B: 2');
  expect(origins[0]!.sent).not.toContain('X-A');
  answer(OK);
  expect(client.sent).toMatch(/Content-Length: 2\r\n.*\r\n\r\n$/s);
  expect(client.sent).not.toContain('ok');
});

it('a body passes through filters on its way in, which may keep it until it is whole', () => {
  let waiting: FeatureRequest | null = null;
  const holding = new Holding(() => waiting!.goOn());
  start(
    feature('request_buffering', {
      request(request) {
        waiting = request;
        request.filterBody(holding);
        request.wantContent();
        return 'wait';
      },
    }),
  );
  const client = ask(
    'POST /b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n',
  );
  expect(client.sent).toMatch(/^HTTP\/1.1 100 Continue\r\n[^\r]+\r\n\r\n$/);
  client.arrive(Buffer.from('bo'), Buffer.from('dy'));
  engine.settle();
  expect(origins[0]!.sent).not.toContain('Expect');
  holding.give();
  engine.settle();
  expect(origins[0]!.sent).toMatch(/\r\n\r\nbody$/);
  answer(OK);
  expect(client.sent).toContain('200 OK');
});
