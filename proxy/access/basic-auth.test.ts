import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { BasicAuthConfig } from '../../src/config/rewriting-config.ts';
import { SILENT_LOG } from '../data-plane.fixture.ts';
import type { MemoryConnection } from '../io/memory-engine.fixture.ts';
import { get, NO_REWRITING, OK, page, RewritingScene } from '../rewriting/scene.fixture.ts';
import { UsersFile } from './users-file.ts';

const BCRYPT = '$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW';
let folder: string;
let file: string;
let scene: RewritingScene | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-users-'));
  file = join(folder, 'htpasswd');
  writeFileSync(file, `ann:${BCRYPT}\n`);
});

afterEach(async () => {
  await scene?.close();
  scene = null;
  rmSync(folder, { recursive: true });
});

function start(changes: Partial<BasicAuthConfig> = {}): RewritingScene {
  const basicAuth = { realm: 'staff', users: file, forward: false, plain: false, ...changes };
  const errorPages = [{ from: 401, to: 401, page: page('who?'), intercept: false }];
  scene = new RewritingScene([{ rewriting: { ...NO_REWRITING, basicAuth, errorPages } }]);
  return scene;
}

function as(user: string, more: readonly string[] = [], method = 'GET'): string {
  const credentials = Buffer.from(user).toString('base64');
  return get('/', [`Authorization: Basic ${credentials}`, ...more], method);
}

/** Waits for what a hash on another thread brings about. */
async function until(happened: () => boolean): Promise<void> {
  await vi.waitFor(
    () => {
      scene!.engine.settle();
      expect(happened()).toBe(true);
    },
    { interval: 1, timeout: 5000 },
  );
}

function answered(client: MemoryConnection): Promise<void> {
  return until(() => client.sent !== '');
}

it('asks for a name and a password, with the page for that', () => {
  const seen = start().exchange(get('/'));
  expect(seen).toMatchObject({
    status: 401,
    body: 'who?',
    fields: { 'www-authenticate': 'Basic realm="staff"' },
  });
  const { sent } = scene!.ask(get('/').repeat(2));
  expect(sent.match(/HTTP\/1.1 401/g)).toHaveLength(2);
  expect(scene!.origins).toHaveLength(0);
});

it('lets in who knows, with the body that came meanwhile, and keeps the password to itself', async () => {
  start();
  const client = scene!.ask(`${as('ann:secret', ['Content-Length: 4'], 'POST')}body`);
  await until(() => scene!.origins.length > 0 && scene!.origins[0]!.sent.endsWith('body'));
  expect(scene!.forwarded).not.toMatch(/authorization/i);
  scene!.origins[0]!.arrive(Buffer.from(OK));
  await answered(client);
  expect(client.sent).toContain('200 OK');
  // The second time it is known at once.
  expect(scene!.exchange(as('ann:secret')).status).toBe(200);
});

it('lets nobody else in', async () => {
  start();
  for (const wrong of ['ann:Secret', 'bob:secret', 'ann:', 'ann', ':secret', '']) {
    const client = scene!.ask(as(wrong));
    await answered(client);
    expect(client.sent, wrong).toContain('HTTP/1.1 401');
  }
  const twice = scene!.ask(as('ann:secret', ['Authorization: Basic YW5uOnNlY3JldA==']));
  expect(twice.sent).toContain('HTTP/1.1 401');
  expect(scene!.origins).toHaveLength(0);
});

it('gives the server the password only where that is wanted', async () => {
  start({ forward: true });
  scene!.ask(as('ann:secret'));
  await until(() => scene!.origins.length > 0 && scene!.origins[0]!.sent !== '');
  expect(scene!.forwarded).toContain('Authorization: Basic ');
});

it('survives clients that leave while a hash is computed', async () => {
  // Another hash than those that are known from the tests before.
  writeFileSync(file, 'ann:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/\n');
  start();
  const gone = scene!.ask(as('ann:secret'));
  gone.arrive('reset');
  scene!.engine.settle();
  const client = scene!.ask(as('ann:secret'));
  await until(() => scene!.origins.some(({ sent }) => sent !== ''));
  expect(scene!.origins).toHaveLength(1);
  scene!.origins[0]!.arrive(Buffer.from(OK));
  await answered(client);
  expect(gone.sent).toBe('');
});

it('answers 503 where nobody can be known', () => {
  expect(start({ users: join(folder, 'none') }).exchange(as('ann:secret')).status).toBe(503);
});

it('sees that the file has changed, and keeps to the last one that could be read', () => {
  let now = 0;
  const users = new UsersFile(file, true, SILENT_LOG, () => now);
  expect([...users.users()!.passwords.keys()]).toEqual(['ann']);
  writeFileSync(file, 'bob:secret\ncid:x\n');
  expect([...users.users()!.passwords.keys()]).toEqual(['ann']);
  now = 2000;
  expect([...users.users()!.passwords.keys()]).toEqual(['bob', 'cid']);
  rmSync(file);
  now = 4000;
  expect([...users.users()!.passwords.keys()]).toEqual(['bob', 'cid']);
  writeFileSync(file, '');
  now = 6000;
  expect(users.users()!.passwords.size).toBe(0);
});
