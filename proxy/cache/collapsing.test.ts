/** Several clients at a time: one fetches, the others wait or read along; and clients that go away. */
import { afterEach, describe, expect, it } from 'vitest';
import type { MemoryConnection } from '../io/memory-engine.fixture.ts';
import { CacheScene, response } from './cache-scene.fixture.ts';

let scene: CacheScene;
afterEach(() => scene.close());

const HEAD = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n';

/** The origin gives nothing but what the test has it give. */
function silent(): () => MemoryConnection {
  let last: MemoryConnection | null = null;
  scene.script = (_request, origin) => {
    last = origin;
    return null;
  };
  return () => last!;
}

function arrive(origin: MemoryConnection, text: string): void {
  origin.arrive(Buffer.from(text, 'latin1'));
  scene.engine.settle();
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('requests for what is being fetched', () => {
  it('wait for it, and are answered with it as it comes', async () => {
    scene = new CacheScene();
    const origin = silent();
    const clients = Array.from({ length: 5 }, () => scene.send('/a'));
    expect(scene.asked).toHaveLength(1);
    arrive(origin(), `${HEAD}Content-Length: 10\r\n\r\nhello`);
    for (let times = 0; times < 5; times++) {
      await turn();
      scene.engine.settle();
    }
    for (const { connection } of clients) expect(connection.sent).toMatch(/hello$/);
    const late = scene.send('/a');
    arrive(origin(), 'world');
    for (const client of [...clients, late]) expect((await client.got()).body).toBe('helloworld');
    const caches = await Promise.all(
      [...clients, late].map(async (client) => (await client.got()).cache),
    );
    expect(caches.filter((cache) => cache.includes('collapsed'))).toHaveLength(5);
    expect(scene.asked).toHaveLength(1);
  });

  it('of unknown length wait for its end', async () => {
    scene = new CacheScene();
    const origin = silent();
    const [first, second] = [scene.send('/a'), scene.send('/a')];
    arrive(origin(), `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`);
    await turn();
    scene.engine.settle();
    expect(first.connection.sent).toContain('hello');
    expect(second.connection.sent).toBe('');
    arrive(origin(), '0\r\n\r\n');
    expect(await second.got()).toMatchObject({ body: 'hello', cache: 'hit; ttl=60' });
    expect(scene.asked).toHaveLength(1);
  });

  it('that turns out not to be stored go to the server all at once', async () => {
    scene = new CacheScene();
    const origin = silent();
    const clients = Array.from({ length: 5 }, () => scene.send('/a'));
    scene.script = () => response(200, { 'Cache-Control': 'private' }, 'mine');
    arrive(origin(), 'HTTP/1.1 200 OK\r\nCache-Control: private\r\nContent-Length: 4\r\n\r\nmine');
    for (const client of clients) expect((await client.got()).body).toBe('mine');
    expect(scene.asked).toHaveLength(5);
  });

  it('go themselves when that takes longer than they may wait', async () => {
    scene = new CacheScene({ lockTimeoutMs: 20 });
    silent();
    const first = scene.send('/a');
    const second = scene.send('/a');
    scene.script = () => response(200, { 'Cache-Control': 'max-age=60' }, 'own');
    expect((await waited(second)).body).toBe('own');
    expect(scene.asked).toHaveLength(2);
    expect((await scene.get('/a')).cache).toBe('hit; ttl=60');
    first.leave();
  });

  it('do not wait where the route says so', async () => {
    scene = new CacheScene({ lockTimeoutMs: 0 });
    silent();
    scene.send('/a');
    scene.send('/a');
    expect(scene.asked).toHaveLength(2);
  });

  it('of another variant wait for the head, then go themselves', async () => {
    scene = new CacheScene();
    const origin = silent();
    const german = scene.send('/a', { 'X-A': 'de' });
    const english = scene.send('/a', { 'X-A': 'en' });
    scene.script = ({ fields }) =>
      response(200, { 'Cache-Control': 'max-age=60', Vary: 'X-A' }, fields['x-a']);
    arrive(origin(), `${HEAD}Vary: X-A\r\nContent-Length: 2\r\n\r\nde`);
    expect((await german.got()).body).toBe('de');
    expect((await english.got()).body).toBe('en');
    expect(scene.asked).toHaveLength(2);
  });

  it('that fails go to the server one after the other', async () => {
    scene = new CacheScene();
    const origin = silent();
    const clients = Array.from({ length: 3 }, () => scene.send('/a'));
    scene.script = () => response(200, { 'Cache-Control': 'max-age=60' }, 'fine');
    origin().arrive('reset');
    scene.engine.settle();
    const statuses: number[] = [];
    for (const client of clients) statuses.push((await client.got()).status);
    expect(statuses.slice(1)).toEqual([200, 200]);
  });
});

describe('a client that goes away', () => {
  it('does not keep what it asked for from being stored', async () => {
    scene = new CacheScene();
    const origin = silent();
    const client = scene.send('/a');
    arrive(origin(), `${HEAD}Content-Length: 10\r\n\r\nhello`);
    client.leave();
    arrive(origin(), 'world');
    expect(await scene.get('/a')).toMatchObject({ body: 'helloworld', cache: 'hit; ttl=60' });
  });

  it('before the head came does not keep others from it', async () => {
    scene = new CacheScene();
    const origin = silent();
    const client = scene.send('/a');
    const other = scene.send('/a');
    client.leave();
    arrive(origin(), `${HEAD}Content-Length: 5\r\n\r\nhello`);
    expect((await other.got()).body).toBe('hello');
    expect(scene.asked).toHaveLength(1);
  });

  it('while it waits leaves nothing behind', async () => {
    scene = new CacheScene();
    const origin = silent();
    scene.send('/a');
    const waiting = scene.send('/a');
    waiting.leave();
    arrive(origin(), `${HEAD}Content-Length: 5\r\n\r\nhello`);
    await turn();
    expect((await scene.get('/a')).body).toBe('hello');
    expect(scene.asked).toHaveLength(1);
  });

  it('ends the fetch of what is not stored', async () => {
    scene = new CacheScene();
    const origin = silent();
    const client = scene.send('/a');
    arrive(
      origin(),
      'HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 10\r\n\r\nhello',
    );
    client.leave();
    expect(origin().open).toBe(false);
  });
});

describe('a slow client', () => {
  it('holds back a server whose answer is not stored, and gets all of it', async () => {
    scene = new CacheScene();
    const origin = silent();
    const client = scene.send('/a');
    client.connection.taking = false;
    arrive(
      origin(),
      'HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 10\r\n\r\nhello',
    );
    arrive(origin(), 'world');
    expect(client.connection.sent).not.toContain('world');
    client.connection.take();
    expect((await client.got()).body).toBe('helloworld');
  });
});

describe('a purge and a write', () => {
  it('void what is being fetched: its client gets it, nobody else', async () => {
    scene = new CacheScene();
    const origin = silent();
    const client = scene.send('/a');
    arrive(origin(), `${HEAD}Content-Length: 10\r\n\r\nhello`);
    await scene.plane.caches.purge(null, null);
    arrive(origin(), 'world');
    expect((await client.got()).body).toBe('helloworld');
    scene.script = () => response(200, { 'Cache-Control': 'max-age=60' }, 'anew');
    expect((await scene.get('/a')).body).toBe('anew');
  });
});

async function waited(client: ReturnType<CacheScene['send']>) {
  await new Promise((resolve) => setTimeout(resolve, 30));
  return client.got();
}
