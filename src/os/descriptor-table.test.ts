import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const SCRIPT = `
  import { readdirSync, readFileSync } from 'node:fs';
  import { reserveDescriptors } from '${new URL('./descriptor-table.ts', import.meta.url).pathname}';
  const room = await reserveDescriptors(4096);
  const table = Number(/FDSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  const open = readdirSync('/proc/self/fd').includes(String(room - 1));
  console.log(JSON.stringify({ room, table, open }));`;

/** Reserves 4,096 in a process of its own that may have so many, and returns what there is then. */
function reserveUnder(limit: number) {
  const command = ['-c', `ulimit -n ${limit}; exec "$0" "$@"`, process.execPath];
  const args = [...command, '--input-type=module', '-e', SCRIPT];
  return JSON.parse(execFileSync('sh', args, { encoding: 'utf8' }));
}

test('room is made at once, and nothing stays open', () => {
  const { room, table, open } = reserveUnder(8192);
  expect(room).toBe(4096);
  expect(table).toBe(4096);
  expect(open).toBe(false);
});

test('as much as the limit allows', () => {
  const { room, table, open } = reserveUnder(1200);
  expect(room).toBe(1024);
  expect(table).toBe(1024);
  expect(open).toBe(false);
});

test('where no more is allowed than every process has: that', () => {
  expect(reserveUnder(60).room).toBe(64);
});
