/** Copies of requests, between clients and servers of memory. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { MirrorConfig } from '../../src/config/mirror-config.ts';
import type { RouteConfig } from '../../src/config/proxy-config.ts';
import {
  proxyConfig,
  routeConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { type MemoryConnection, MemoryEngine } from '../io/memory-engine.fixture.ts';
import { get, OK, seenAnswer } from '../rewriting/scene.fixture.ts';
import { COPY_ANSWER_BYTES_MAX, COPY_MS_MAX } from './limits.ts';

const MIRROR: MirrorConfig = { upstream: 'next', percent: 100, bodyBytesMax: 0, concurrency: 100 };
const WITH_BODY = { bodyBytesMax: 10 };

/** What becomes of a connection to the mirror. */
type Manner = 'answers' | 'refuses' | 'silent' | 'pending';

/** A client, a server that answers at once, and a mirror. */
class Scene {
  readonly engine = new MemoryEngine();
  readonly servers: MemoryConnection[] = [];
  readonly mirrors: MemoryConnection[] = [];
  readonly plane: TestPlane;
  #closed = false;

  constructor(
    mirror: Partial<MirrorConfig>,
    manner: Manner = 'answers',
    route: Partial<RouteConfig> = {},
  ) {
    const { engine } = this;
    const connect = engine.connect.bind(engine);
    engine.connect = (destination, handler) => {
      const connection = connect(destination, handler);
      const copy = 'port' in destination && destination.port === 2;
      (copy ? this.mirrors : this.servers).push(connection);
      return connection;
    };
    engine.onOutgoing = (connection) => {
      const copy = this.mirrors.includes(connection);
      if (copy && manner === 'refuses') connection.refuse();
      else if (!copy || manner !== 'pending') connection.establish();
      if (!copy || manner === 'answers') answering(connection);
    };
    const config = proxyConfig(upstreamConfig([1]), {
      routes: [routeConfig({ mirror: { ...MIRROR, ...mirror }, ...route })],
    });
    const upstreams = [...config.upstreams, upstreamConfig([2], { name: 'next' })];
    this.plane = startPlane({ ...config, upstreams }, engine);
  }

  ask(text: string, client = this.engine.accept()): MemoryConnection {
    client.arrive(Buffer.from(text, 'latin1'));
    this.engine.settle();
    return client;
  }

  /** What the mirror was sent, all together. */
  get copies(): string {
    return this.mirrors.map(({ sent }) => sent).join('');
  }

  get counts() {
    const { mirrored, mirrorFailed, mirrorBusy, mirrorBodies } = this.plane.route().counters;
    return { mirrored, mirrorFailed, mirrorBusy, mirrorBodies };
  }

  /** Ends everything, which must be over by now. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const left = this.inFlight;
    await this.plane.close();
    expect(left).toBe(0);
  }

  /** Requests that are at servers now. */
  get inFlight(): number {
    const { serverInFlight } = this.plane.views;
    return serverInFlight.reduce((sum, count) => sum + count, 0);
  }
}

/** Answers whole requests as they come. */
function answering(connection: MemoryConnection): void {
  let answered = 0;
  connection.onSent = () => {
    const asked = countOf(connection.sent, / HTTP\/1\.1\r\n/g);
    const head = connection.sent.slice(connection.sent.lastIndexOf(' HTTP/1.1\r\n'));
    const end = head.indexOf('\r\n\r\n');
    const length = Number(/content-length: ([0-9]+)/i.exec(head)?.[1] ?? 0);
    const whole = /transfer-encoding/i.test(head)
      ? head.endsWith('\r\n0\r\n\r\n')
      : end >= 0 && head.length - end - 4 >= length;
    if (!whole || asked === answered) return;
    answered = asked;
    connection.arrive(Buffer.from(OK));
  };
}

function countOf(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

const NOTHING = { mirrored: 0, mirrorFailed: 0, mirrorBusy: 0, mirrorBodies: 0 };
const post = (length: number) => get('/w', [`Content-Length: ${length}`], 'POST');
const CHUNKED = get('/w', ['Transfer-Encoding: chunked'], 'POST');

let scene: Scene;

function start(...how: ConstructorParameters<typeof Scene>): Scene {
  scene = new Scene(...how);
  return scene;
}

afterEach(async () => {
  await scene.close();
});

describe('a copy', () => {
  it('is the request as it is forwarded, with a mark', () => {
    start({});
    const client = scene.ask(
      get('/a/../b?q=1', ['X-Mirrored: evil', 'X-Custom: c', 'Connection: x-hop', 'X-Hop: 1']),
    );
    expect(seenAnswer(client.sent)).toMatchObject({ status: 200, body: 'ok' });
    const [server] = scene.servers;
    expect(server!.sent).toMatch(/^GET \/b\?q=1 HTTP\/1.1\r\nHost: shop.example\r\n/);
    expect(scene.copies).toContain('X-Forwarded-For: 192.0.2.1\r\n');
    const came = server!.sent.replace('X-Mirrored: evil\r\n', '');
    expect(scene.copies.replace('X-Mirrored: 1\r\n', '')).toBe(came);
    expect(scene.copies).not.toMatch(/evil|x-hop/i);
    expect(scene.counts).toEqual({ ...NOTHING, mirrored: 1 });
  });

  it('does not count as a request of the listener', () => {
    start({});
    scene.ask(get('/'));
    expect(scene.plane.listener()).toMatchObject({ requests: 1, responses2xx: 1 });
  });

  it('of HEAD expects no content, and its connection serves on', () => {
    start({});
    const client = scene.ask(get('/', [], 'HEAD'));
    expect(scene.copies).toMatch(/^HEAD \/ /);
    scene.mirrors[0]!.sent = '';
    scene.ask(get('/next'), client);
    expect(scene.copies).toMatch(/GET \/next /);
  });

  it('is not made of an upgrade', () => {
    start({});
    scene.ask(get('/', ['Connection: upgrade', 'Upgrade: websocket']));
    expect(scene.mirrors).toEqual([]);
    expect(scene.counts).toEqual(NOTHING);
    scene.servers[0]!.arrive('reset');
    scene.engine.settle();
  });

  it('is made of exactly the share, evenly spread', () => {
    start({ percent: 7 });
    const client = scene.engine.accept();
    for (let turn = 0; turn < 1000; turn++) scene.ask(get(`/${turn}`), client);
    expect(countOf(scene.copies, /^GET /gm)).toBe(70);
    expect(scene.counts).toEqual({ ...NOTHING, mirrored: 70 });
    const numbers = [...scene.copies.matchAll(/^GET \/([0-9]+) /gm)].map(([, number]) =>
      Number(number),
    );
    const gaps = numbers.slice(1).map((number, index) => number - numbers[index]!);
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(2);
  });
});

describe('a mirror that', () => {
  it.each(['refuses', 'silent', 'pending'] as const)('%s is nothing to the client', (manner) => {
    start({}, manner);
    for (let turn = 0; turn < 3; turn++) {
      expect(seenAnswer(scene.ask(get('/')).sent)).toMatchObject({ status: 200, body: 'ok' });
    }
    scene.engine.pass(COPY_MS_MAX + 1000);
    expect(scene.counts).toEqual({ ...NOTHING, mirrored: 3, mirrorFailed: 3 });
  });

  it('breaks off gets no second try', () => {
    start({}, 'silent');
    scene.ask(get('/'));
    scene.mirrors[0]!.arrive('reset');
    scene.engine.settle();
    expect(scene.mirrors).toHaveLength(1);
    expect(scene.counts).toEqual({ ...NOTHING, mirrored: 1, mirrorFailed: 1 });
  });

  it('answers without end is read so far, and no further', () => {
    start({}, 'silent');
    scene.ask(get('/'));
    const [mirror] = scene.mirrors;
    mirror!.arrive(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n'));
    const piece = Buffer.alloc(COPY_ANSWER_BYTES_MAX / 4);
    for (let turn = 0; turn < 4; turn++) mirror!.arrive(piece);
    scene.engine.settle();
    expect(mirror!.open).toBe(true);
    mirror!.arrive(Buffer.from('x'));
    scene.engine.settle();
    expect(mirror!.open).toBe(false);
  });

  it('takes long gets no more than so many copies at a time', () => {
    start({ concurrency: 2 }, 'silent');
    for (let turn = 0; turn < 5; turn++) scene.ask(get('/'));
    expect(scene.mirrors).toHaveLength(2);
    expect(scene.counts).toEqual({ ...NOTHING, mirrored: 2, mirrorBusy: 3 });
    scene.mirrors[0]!.arrive(Buffer.from(OK));
    scene.engine.settle();
    scene.ask(get('/'));
    expect(scene.counts).toEqual({ ...NOTHING, mirrored: 3, mirrorBusy: 3 });
    scene.engine.pass(COPY_MS_MAX);
  });

  it('takes long does not hold what the client does next, or its end', () => {
    start({}, 'silent');
    const client = scene.ask(get('/'));
    scene.ask(get('/again'), client);
    expect(countOf(client.sent, /200 OK/g)).toBe(2);
    client.arrive('reset');
    scene.engine.settle();
    expect(scene.mirrors.every(({ open }) => open)).toBe(true);
    scene.engine.pass(COPY_MS_MAX);
  });

  it('takes long is left alone when the worker ends', async () => {
    start({}, 'silent');
    const client = scene.ask(get('/'));
    client.arrive('reset');
    scene.engine.settle();
    await scene.plane.plane.drain(0);
    scene.engine.settle();
    expect(scene.mirrors.map(({ open }) => open)).toEqual([false]);
  });
});

describe('a body', () => {
  it('keeps a request from being copied', () => {
    start({});
    scene.ask(`${post(2)}hi`);
    expect(scene.mirrors).toEqual([]);
    expect(scene.counts).toEqual({ ...NOTHING, mirrorBodies: 1 });
    scene.ask(post(0));
    expect(scene.counts).toEqual({ ...NOTHING, mirrored: 1, mirrorBodies: 1 });
  });

  it.each([
    ['announced', `${post(10)}0123456789`],
    ['in chunks', `${CHUNKED}4\r\n0123\r\n6\r\n456789\r\n0\r\nX-Trailer: t\r\n\r\n`],
  ])('that fits is copied with its length: %s', (_how, request) => {
    start(WITH_BODY);
    const client = scene.ask(request);
    expect(seenAnswer(client.sent).body).toBe('ok');
    expect(scene.copies).toMatch(/\r\nContent-Length: 10\r\n/);
    expect(scene.copies).not.toMatch(/transfer-encoding/i);
    expect(scene.copies.endsWith('\r\n\r\n0123456789')).toBe(true);
    expect(scene.counts).toEqual({ ...NOTHING, mirrored: 1 });
  });

  it.each([
    ['announced', `${post(11)}0123456789a`],
    ['in chunks', `${CHUNKED}4\r\n0123\r\n7\r\n456789a\r\n0\r\n\r\n`],
  ])('that is too long is not copied: %s', (_how, request) => {
    start(WITH_BODY);
    expect(seenAnswer(scene.ask(request).sent).body).toBe('ok');
    expect(scene.mirrors).toEqual([]);
    expect(scene.counts).toEqual({ ...NOTHING, mirrorBodies: 1 });
  });

  it('that is buffered before is copied as well', () => {
    const request = { memoryMax: 100, diskMax: 0 };
    start(WITH_BODY, 'answers', { buffering: { request, response: null } });
    const client = scene.ask(`${CHUNKED}4\r\n0123\r\n`);
    expect([scene.servers.length, scene.mirrors.length]).toEqual([0, 0]);
    scene.ask('0\r\n\r\n', client);
    expect(seenAnswer(client.sent).body).toBe('ok');
    expect(scene.copies).toContain('\r\nContent-Length: 4\r\n');
    expect(scene.copies.endsWith('\r\n\r\n0123')).toBe(true);
  });

  it('that the client announces by Expect is copied without it', () => {
    start(WITH_BODY);
    const client = scene.ask(get('/w', ['Content-Length: 2', 'Expect: 100-continue'], 'POST'));
    expect(scene.mirrors).toEqual([]);
    scene.servers[0]!.arrive(Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'));
    scene.engine.settle();
    scene.ask('hi', client);
    expect(client.sent).toContain('200 OK');
    expect(scene.copies).not.toMatch(/expect/i);
    expect(scene.copies.endsWith('\r\n\r\nhi')).toBe(true);
  });

  it('of a client that goes away is not copied, and its place is free', () => {
    start({ ...WITH_BODY, concurrency: 1 });
    const client = scene.ask(`${post(4)}hi`);
    client.arrive('reset');
    scene.engine.settle();
    expect(scene.mirrors).toEqual([]);
    scene.ask(`${post(2)}hi`);
    expect(scene.counts).toEqual({ ...NOTHING, mirrored: 1 });
  });
});

it('whatever the mirror does, clients get what they would get, and nothing is left', async () => {
  const mirrorDoes = fc.constantFrom(
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx',
    'HTTP/1.1 103 Early\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    'junk\r\n\r\n',
    'HTTP/1.1 500 No\r\n\r\n',
    'end',
    'reset',
    '',
  );
  const request = fc.constantFrom(
    get('/'),
    `${post(3)}abc`,
    `${CHUNKED}2\r\nab\r\n0\r\n\r\n`,
    get('/', [], 'HEAD'),
  );
  const steps = fc.array(fc.tuple(request, mirrorDoes, fc.boolean()), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.constantFrom<Manner>('silent', 'pending', 'refuses'),
      async (all, manner) => {
        const { engine, mirrors } = start({ ...WITH_BODY, concurrency: 3 }, manner);
        for (const [text, does, leaves] of all) {
          const client = scene.ask(text);
          expect(client.sent).toMatch(/^HTTP\/1.1 200 OK\r\n/);
          if (leaves) client.arrive('reset');
          const arrival = does === 'end' || does === 'reset' ? does : Buffer.from(does);
          for (const mirror of mirrors) if (does !== '') mirror.arrive(arrival);
          engine.settle();
        }
        engine.pass(COPY_MS_MAX + 1000);
        expect(scene.inFlight).toBe(0);
        const { mirrored, mirrorBusy } = scene.counts;
        expect(mirrored + mirrorBusy).toBe(all.length);
        await scene.close();
      },
    ),
    { numRuns: 60 },
  );
});
