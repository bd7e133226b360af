/**
 * Whatever happens to requests, in whatever order: in the end each was answered, logged and given back
 * exactly once, and nothing is left that waits for an event which will not come. No client and no
 * server does anything at the end of a run: time alone has to end everything.
 */
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FREE_RETRIES } from '../resilience/retry-budget.ts';
import { BOUNDS, CONNECTIONS_MAX, NOTHING, RequestPathScene } from './request-path.fixture.ts';

/** Real ones work on other threads, in time that is nobody's here. */
vi.mock('../compression/compressor.ts', () => ({
  makeCompressor: () => new PassThrough(),
  flushCompressor: () => {},
}));

/** More than all timeouts of a request together. */
const ALL_TIMEOUTS_MS = 8000;

const POST = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody';
const EXPECTING =
  'PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n';

const REQUESTS = [
  'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
  'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n',
  POST,
  'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf',
  'PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  EXPECTING,
  'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
];

/** The rest of some of them, or nonsense. */
const RESTS = ['rest', '0\r\n\r\n', '0\r\n\r\n', 'GET / HTTP/1.1\r\nHost', 'no request\r\n\r\n'];

const ANSWERS = [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall',
  'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  'half',
  '0\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  'HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 2',
];

const client = fc.nat({ max: 2 });
/** Among those that are open. */
const origin = fc.nat({ max: 3 });
const server = fc.nat({ max: 2 });
const manner = fc.constantFrom('end', 'reset', 'stall', 'take', 'take');

const event = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('says'), client, fc.constantFrom(...REQUESTS)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('says'), client, fc.constantFrom(...RESTS)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('client'), client, manner) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constant('network'),
      fc.constant(0),
      fc.constantFrom('up', 'up', 'refuses', 'silent'),
    ),
  },
  { weight: 10, arbitrary: fc.tuple(fc.constant('answers'), origin, fc.constantFrom(...ANSWERS)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('origin'), origin, manner) },
  {
    weight: 4,
    arbitrary: fc.tuple(
      fc.constant('pass'),
      fc.constant(0),
      fc.constantFrom(50, 50, 100, 150, 350),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant('judge'), server, fc.boolean()) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('drain'), server, fc.boolean()) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('rest'), server, fc.constant(0)) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constant('replace'),
      fc.integer({ min: 1, max: 2 }),
      fc.subarray([0, 1, 2]),
    ),
  },
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

type Peer = RequestPathScene['clients'][number];

function behave(peer: Peer | undefined, how: string): void {
  if (how === 'stall' && peer !== undefined) peer.taking = false;
  else if (how === 'take') peer?.take();
  else peer?.arrive(how as 'end' | 'reset');
}

async function happens(scene: RequestPathScene, [what, index, how]: Event): Promise<void> {
  switch (what) {
    case 'says':
      scene.ask(index, how as string);
      break;
    case 'client':
      behave(scene.clients[index], how as string);
      break;
    case 'network':
      scene.network = how as RequestPathScene['network'];
      break;
    case 'answers':
      scene.answer(index, how as string);
      break;
    case 'origin':
      behave(scene.origin(index), how as string);
      break;
    case 'judge':
      scene.judge(index, how as boolean);
      break;
    case 'drain':
      scene.drain(index, how as boolean);
      break;
    case 'rest':
      scene.rest(index);
      break;
    case 'replace':
      scene.replace(how as number[], index);
      break;
  }
  await scene.pass(what === 'pass' ? (how as number) : 0);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'hrtime'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const GET = REQUESTS[0]!;
const OK = ANSWERS[0]!;

function answers(scene: RequestPathScene, client: number): string[] {
  return scene.clients[client]!.sent.match(/HTTP\/1.1 \d+/g)?.map((line) => line.slice(9)) ?? [];
}

/** A client got answers to its own requests only, each once, in their order. */
function expectOwn(client: number, whose: readonly (readonly number[])[]): void {
  expect(whose.map(([asker]) => asker)).toEqual(whose.map(() => client));
  const numbers = whose.map(([, number]) => number!);
  expect(numbers).toEqual([...new Set(numbers)].sort((left, right) => left - right));
}

it('ends everything once, leaves nothing behind, and serves on', async () => {
  const events = fc.array(event, { minLength: 10, maxLength: 80, size: 'max' });
  await fc.assert(
    fc.asyncProperty(events, fc.boolean(), fc.boolean(), async (all, cut, bound) => {
      const scene = new RequestPathScene({}, bound ? BOUNDS : null);
      for (const one of all) {
        await happens(scene, one);
        expect(scene.inFlightMost).toBeLessThanOrEqual(CONNECTIONS_MAX);
      }
      if (cut) await scene.cut();
      await scene.pass(ALL_TIMEOUTS_MS);
      expect(scene.remains()).toEqual(NOTHING);
      for (const { client, whose } of scene.answers) expectOwn(client, whose);
      scene.recover();
      scene.client(3).arrive(Buffer.from(GET));
      await scene.pass(0);
      scene.answer(0, OK);
      await scene.pass(0);
      expect(answers(scene, 3)).toEqual(['200']);
      await scene.close();
    }),
    { numRuns: 400 },
  );
});

it('does so with features that wait, hold, change and replace', async () => {
  const usual: fc.Arbitrary<Event> = fc.oneof(
    event,
    fc.tuple(fc.constant('says'), client, fc.constant('0\r\n\r\n')),
    fc.tuple(fc.constant('answers'), fc.constant(0), fc.constant(OK)),
  );
  const events = fc.array(usual, { minLength: 10, maxLength: 60, size: 'max' });
  await fc.assert(
    fc.asyncProperty(events, fc.boolean(), async (all, cut) => {
      const scene = new RequestPathScene({}, BOUNDS, true);
      for (const one of all) await happens(scene, one);
      if (cut) await scene.cut();
      await scene.pass(ALL_TIMEOUTS_MS);
      expect(scene.remains()).toEqual(NOTHING);
      for (const { client, whose } of scene.answers) expectOwn(client, whose);
      for (const line of scene.taken)
        expect(line).toMatch(/^(rest)*[A-Z]+ \/(may|\d\.\d+) HTTP\/1.1$/);
      scene.recover();
      scene.client(3).arrive(Buffer.from(GET));
      for (let round = 0; round < 2; round++) {
        await scene.pass(0);
        scene.answer(0, OK);
      }
      await scene.pass(0);
      expect(answers(scene, 3)).toEqual(['200']);
      await scene.close();
    }),
    { numRuns: 150 },
  );
});

it('an empty body that came before the 100 it waits for leaves the server its deadline', async () => {
  const scene = new RequestPathScene();
  scene.client(0).arrive(Buffer.from(EXPECTING));
  await scene.pass(0);
  scene.client(0).arrive(Buffer.from('0\r\n\r\n'));
  scene.answer(0, 'HTTP/1.1 100 Continue\r\n\r\n');
  await scene.pass(ALL_TIMEOUTS_MS);
  expect(answers(scene, 0)).toEqual(['100', '504']);
  await scene.close();
});

it('a client is read on after an answer that came before all of its body was taken', async () => {
  const scene = new RequestPathScene();
  scene.network = 'silent';
  scene.client(0).arrive(Buffer.from(POST));
  await scene.pass(0);
  const [slow] = scene.origins;
  slow!.taking = false;
  slow!.establish();
  await scene.pass(0);
  scene.answer(0, OK);
  scene.network = 'up';
  scene.client(0).arrive(Buffer.from(GET));
  await scene.pass(0);
  scene.answer(0, OK);
  await scene.pass(0);
  expect(answers(scene, 0)).toEqual(['200', '200']);
  await scene.close();
});

it('a request that waited in vain leaves the connection to those that wait behind it', async () => {
  const scene = new RequestPathScene();
  for (const index of [0, 1, 2]) {
    scene.client(index).arrive(Buffer.from(GET));
    await scene.pass(0);
  }
  scene.client(3).arrive(Buffer.from(GET + GET));
  await scene.pass(0);
  for (const index of [0, 1, 2]) scene.judge(index, false);
  await scene.pass(500);
  expect(answers(scene, 3)).toEqual(['503', '503']);
  expect(scene.clients[3]!.sent).not.toContain('Connection: close');
  await scene.close();
});

/** A read that is answered only after it could have been hedged. */
async function slowRead(scene: RequestPathScene): Promise<void> {
  scene.client(0).arrive(Buffer.from(GET));
  await scene.pass(250);
  scene.answer(0, OK);
  await scene.pass(0);
}

it('a hedge that finds no other server takes nothing from the budget', async () => {
  const scene = new RequestPathScene({ budgetPercent: 0 });
  for (const index of [1, 2]) scene.judge(index, false);
  for (let round = 0; round < 2 * FREE_RETRIES; round++) await slowRead(scene);
  expect(scene.total('hedges')).toBe(0);
  for (const index of [1, 2]) scene.judge(index, true);
  await slowRead(scene);
  expect(scene.total('hedges')).toBe(1);
  expect(scene.total('retriesWithheld')).toBe(0);
  await scene.close();
});

it.each([
  ['tries', { triesMax: 1 }],
  ['time', { timeoutMs: 1 }],
])('a hedge keeps to the bound of %s', async (_, bound) => {
  const scene = new RequestPathScene(bound);
  await slowRead(scene);
  expect(answers(scene, 0)).toEqual(['200']);
  expect(scene.total('hedges')).toBe(0);
  await scene.close();
});

it('a sticky client belongs to its server still when a hedge was faster there', async () => {
  const scene = new RequestPathScene();
  await slowRead(scene);
  const [, cookie] = /Set-Cookie: ([^;]*)/.exec(scene.clients[0]!.sent)!;
  for (const fails of [false, true]) {
    await scene.pass(250);
    scene.client(1).arrive(Buffer.from(get('/', `Cookie: ${cookie}\r\n`)));
    await scene.pass(150);
    expect(scene.total('hedges')).toBe(fails ? 3 : 2);
    // Its connection is the newer one then, as the one it had was given up for the faster answer.
    if (fails) scene.origin(0)?.arrive('reset');
    await scene.pass(0);
    scene.answer(0, OK);
    await scene.pass(0);
    expect(scene.clients[1]!.sent.includes('Set-Cookie')).toBe(fails);
  }
  await scene.close();
});

it('a sticky client that asks on without waiting is served after those who wait', async () => {
  const scene = new RequestPathScene();
  for (const index of [1, 2]) scene.judge(index, false);
  scene.client(0).arrive(Buffer.from(GET));
  await scene.pass(0);
  scene.answer(0, OK);
  await scene.pass(0);
  // The rate limit delays what comes too soon.
  await scene.pass(250);
  const cookie = /Set-Cookie: ([^;]*)/.exec(scene.clients[0]!.sent)![1]!;
  const [one, two] = ['/1', '/2'].map((path) => get(path, `Cookie: ${cookie}\r\n`));
  scene.client(0).arrive(Buffer.from(one! + two!));
  await scene.pass(0);
  scene.client(1).arrive(Buffer.from(get('/waits')));
  await scene.pass(0);
  for (let round = 0; round < 3; round++) {
    scene.answer(0, OK);
    await scene.pass(0);
  }
  const asked = scene.origins.map(({ sent }) => sent).join('');
  expect(asked.match(/GET \S+/g)).toEqual(['GET /', 'GET /1', 'GET /waits', 'GET /2']);
  await scene.close();
});

function get(path: string, fields = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;
}
