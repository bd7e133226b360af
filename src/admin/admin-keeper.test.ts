import { beforeEach, expect, test } from 'vitest';
import type { AdminConfig } from '../config/admin-config.ts';
import { ReloadRefusal } from '../reload/reload-desk.ts';
import { AdminKeeper } from './admin-keeper.ts';

const at = (port: number, more: Partial<AdminConfig> = {}): AdminConfig => ({
  bind: { host: '127.0.0.1', port },
  ...{ tls: null, token: null, operatorToken: null, allow: null },
  ...more,
});
/** What became of listeners: `open 1`, `update 1`, `close 1`. */
let events: string[];
let taken: number | null;
let keeper: AdminKeeper;

beforeEach(async () => {
  events = [];
  taken = null;
  keeper = new AdminKeeper(async ({ bind: { port } }) => {
    if (port === taken) throw new Error(`admin: cannot listen on 127.0.0.1 port ${port}`);
    events.push(`open ${port}`);
    return {
      port,
      certificate: () => null,
      update: async () => void events.push(`update ${port}`),
      close: () => void events.push(`close ${port}`),
    };
  });
  await keeper.begin(at(1));
});

test('the same is left alone', async () => {
  const prepared = await keeper.prepare(at(1));
  expect(prepared.line).toBeNull();
  await prepared.apply();
  expect(events).toEqual(['open 1']);
});

test('another place is opened before the one there is closed', async () => {
  const prepared = await keeper.prepare(at(2));
  expect(events).toEqual(['open 1', 'open 2']);
  await prepared.apply();
  expect(events).toEqual(['open 1', 'open 2', 'close 1']);
  (await keeper.prepare(at(3))).abandon();
  keeper.close();
  expect(events.slice(3)).toEqual(['open 3', 'close 3', 'close 2']);
});

test('a place that somebody has refuses the reload', async () => {
  taken = 2;
  await expect(keeper.prepare(at(2))).rejects.toThrow(ReloadRefusal);
  expect(events).toEqual(['open 1']);
});

test('a place that another address of it keeps taken says so', async () => {
  taken = 1;
  const wide = { ...at(1), bind: { host: '0.0.0.0', port: 1 } };
  await expect(keeper.prepare(wide)).rejects.toThrow(
    'cannot listen on 127.0.0.1 port 1; admin.bind was 127.0.0.1 on that port, until the reload is ' +
      'through: give admin.bind another port, or restart the balancer',
  );
  expect(events).toEqual(['open 1']);
});

test('other tokens at the same place disturb the dashboards only', async () => {
  const prepared = await keeper.prepare(at(1, { token: Buffer.from('another') }));
  expect(prepared.line).toMatchObject({
    what: 'changed',
    disturbs: 'open dashboards connect anew',
  });
  expect(events).toEqual(['open 1']);
  await prepared.apply();
  expect(events).toEqual(['open 1', 'update 1']);
});

test('TLS cannot come to a port that speaks without', async () => {
  const tls = { certificate: '/c', key: '/k' };
  await expect(keeper.prepare(at(1, { tls }))).rejects.toThrow('give admin.bind another port');
});

test('it may go and come', async () => {
  await (await keeper.prepare(null)).apply();
  const back = await keeper.prepare(at(1));
  expect(back.line?.what).toBe('added');
  await back.apply();
  expect(events).toEqual(['open 1', 'close 1', 'open 1']);
});
