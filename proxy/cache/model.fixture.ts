/**
 * A model of what a shared cache must not do, and a random workload that is held against it: servers that
 * say anything about their answers, fail, or change their mind; clients, writes, purges, time that passes.
 * The model knows every answer that a server ever gave; of what a client is sent it only asks whether that
 * was allowed.
 */
import { CacheScene, type Got, type OriginRequest, response } from './cache-scene.fixture.ts';

/** What the server said about one answer. */
interface Answer {
  readonly id: string;
  readonly target: string;
  /** X-A of the request, where the answer varies by it. */
  readonly variant: string | null;
  readonly etag: string | null;
  /** Never sent to anybody else. */
  readonly own: boolean;
  readonly noCache: boolean;
  /** Seconds; from `at`, the last time that the server stood by it. */
  lifetime: number;
  readonly revalidate: number;
  readonly ifError: number;
  /** When the server first said it. */
  readonly since: number;
  at: number;
  /** A write or a purge has made it worthless. */
  gone: boolean;
}

const TARGETS = ['/a', '/b', '/b?x=1', '/c'];
const VARIANTS = ['1', '2'];

/** Numbers from a seed (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The workload of one seed. */
export class ModelRun {
  readonly #scene: CacheScene;
  readonly #random: (below: number) => number;
  readonly #answers = new Map<string, Answer>();
  /** What the server has now, by target and variant. */
  readonly #current = new Map<string, Answer>();
  #served = 0;
  /** Of the request under way: what the server said to it. */
  #said: { ids: string[]; failed: boolean } = { ids: [], failed: false };
  hits = 0;

  constructor(seed: number) {
    this.#random = numbers(seed);
    this.#scene = new CacheScene({
      key: [{ kind: 'host' }, { kind: 'path' }, { kind: 'query' }],
      lockTimeoutMs: this.#chance(2) ? 5000 : 0,
      ignoreClientDirectives: this.#chance(2),
    });
    this.#scene.script = (request) => this.#answer(request);
  }

  close(): Promise<void> {
    return this.#scene.close();
  }

  /** One step; throws when a client was sent what it must not be. */
  async step(): Promise<void> {
    const what = this.#random(20);
    if (what < 4) this.#scene.pass(this.#random(8) * 500);
    else if (what < 5) await this.#write();
    else if (what < 6) await this.#purge();
    else await this.#read();
  }

  async #read(): Promise<void> {
    const target = this.#one(TARGETS);
    const fields: Record<string, string> = { 'X-A': this.#one(VARIANTS) };
    const known = [...this.#current.values()].find((answer) => answer.target === target);
    if (this.#chance(5) && known?.etag) fields['If-None-Match'] = known.etag;
    if (this.#chance(6)) fields.Range = `bytes=${this.#random(3)}-${3 + this.#random(5)}`;
    if (this.#chance(8)) fields.Authorization = 'Basic eDp5';
    if (this.#chance(8))
      fields['Cache-Control'] = this.#one(['no-cache', 'max-age=1', 'min-fresh=2']);
    const method = this.#chance(8) ? 'HEAD' : 'GET';
    this.#said = { ids: [], failed: false };
    const got = await this.#scene.get(target, fields, method);
    this.#judge(got, target, fields['X-A']!);
  }

  async #write(): Promise<void> {
    const target = this.#one(TARGETS);
    this.#said = { ids: [], failed: false };
    const { status } = await this.#scene.get(target, {}, this.#one(['POST', 'PUT', 'DELETE']));
    if (status >= 400) return;
    for (const answer of this.#answers.values()) if (answer.target === target) answer.gone = true;
  }

  async #purge(): Promise<void> {
    await this.#scene.plane.caches.purge(null, null);
    for (const answer of this.#answers.values()) answer.gone = true;
  }

  /** Was that allowed? */
  #judge(got: Got, target: string, variant: string): void {
    const id = got.fields['x-id'];
    if (id === undefined) return;
    const answer = this.#answers.get(id);
    const wrong = (why: string): never => {
      throw new Error(`${why}: ${JSON.stringify({ got, answer, now: Date.now() })}`);
    };
    if (answer === undefined) throw new Error(`nobody ever said ${id}`);
    if (answer.target !== target) wrong('the answer to another URL');
    if (answer.variant !== null && answer.variant !== variant) wrong('another variant');
    if (got.status === 206 && !bodyOf(id).includes(got.body)) wrong('not a part of it');
    if (got.status === 200 && got.body !== '' && got.body !== bodyOf(id)) wrong('another content');
    if (this.#said.ids.includes(id)) return;
    this.hits++;
    if (answer.own) wrong('this was for one client only');
    if (answer.gone) wrong('a write or a purge has made it worthless');
    const age = (Date.now() - answer.at) / 1000;
    const allowed = this.#said.failed
      ? Math.max(answer.ifError, answer.revalidate)
      : answer.revalidate;
    if (age >= answer.lifetime + allowed) wrong('too old');
    if (answer.noCache) wrong('not without asking the server');
    // A cache need not heed that the server stood by an answer: then it takes it for older than it is.
    const most = (Date.now() - answer.since) / 1000 + 1;
    const told = Number(got.fields.age);
    if (told > most || told < Math.floor(age)) wrong('its age is wrong');
  }

  #answer({ method, target, fields }: OriginRequest): string {
    if (this.#chance(8)) {
      this.#said.failed = true;
      return response(503, {}, 'down');
    }
    if (method !== 'GET' && method !== 'HEAD') return response(this.#one([200, 204, 303, 409]), {});
    const variant = fields['x-a'] ?? '';
    const key = `${target} ${variant}`;
    const before = this.#current.get(key);
    const asked = fields['if-none-match'];
    if (asked !== undefined && before?.etag === asked && this.#chance(2)) return this.#same(before);
    return this.#anew(key, target, variant, method, fields.authorization !== undefined);
  }

  /** The server stands by what it said before. */
  #same(answer: Answer): string {
    this.#said.ids.push(answer.id);
    answer.at = Date.now();
    return response(304, { ETag: answer.etag! });
  }

  #anew(key: string, target: string, variant: string, method: string, authorized: boolean): string {
    const id = `${++this.#served}`;
    const lifetime = this.#random(6);
    const [revalidate, ifError] = [this.#random(4), this.#random(6)];
    const kind = this.#one([
      '',
      '',
      '',
      'no-store',
      'private',
      'no-cache',
      'must-revalidate',
      'public',
    ]);
    const strict = kind === 'must-revalidate' || kind === 'no-cache';
    const shared = kind === 'public' || kind === 'must-revalidate';
    const varies = this.#chance(3);
    const answer: Answer = {
      id,
      target,
      variant: varies ? variant : null,
      etag: this.#chance(2) ? `"${id}"` : null,
      own:
        kind === 'no-store' || kind === 'private' || (authorized && !shared) || method === 'HEAD',
      noCache: kind === 'no-cache',
      lifetime,
      revalidate: strict ? 0 : revalidate,
      ifError: strict ? 0 : ifError,
      since: Date.now(),
      at: Date.now(),
      gone: false,
    };
    this.#answers.set(id, answer);
    this.#current.set(key, answer);
    this.#said.ids.push(id);
    const said = `max-age=${lifetime}, stale-while-revalidate=${revalidate}, stale-if-error=${ifError}`;
    const control = kind === '' ? said : `${kind}, ${said}`;
    const more: Record<string, string> = { 'X-Id': id, 'Cache-Control': control };
    if (answer.etag !== null) more.ETag = answer.etag;
    if (varies) more.Vary = 'X-A';
    const whole = response(200, more, bodyOf(id));
    return method === 'HEAD' ? whole.slice(0, whole.indexOf('\r\n\r\n') + 4) : whole;
  }

  #chance(of: number): boolean {
    return this.#random(of) === 0;
  }

  #one<T>(among: readonly T[]): T {
    return among[this.#random(among.length)]!;
  }
}

function bodyOf(id: string): string {
  return `body of ${id}.`;
}
