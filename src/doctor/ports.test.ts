import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { socketTable } from './listening-sockets.ts';
import { type HeldPort, judgePort, wantedPorts } from './ports.ts';
import { holdersOf, isTandem, type RunningProcess } from './processes.ts';
import { running, stopped, subjectOf } from './subject.case.ts';

const nginx: RunningProcess = { pid: 999_999_999, name: 'nginx', commandLine: 'nginx: master' };
const ours: RunningProcess = {
  pid: 7,
  name: 'node',
  commandLine: '/usr/lib/tandem/bin/node /usr/lib/tandem/dist/src/cli/launcher.js proxy',
};
const web = {
  kind: 'tcp',
  host: '0.0.0.0',
  port: 80,
  use: 'listener http',
  half: 'balancer',
} as const;

function held(holder: RunningProcess | null, host = '0.0.0.0', kind: 'tcp' | 'udp' = 'tcp') {
  return [{ kind, host, port: 80, inode: '1', user: 'www-data', holder }] satisfies HeldPort[];
}
const idle = { agent: stopped, balancer: stopped };
const serving = { agent: stopped, balancer: running<never>({}) };

test('every port of the config is wanted once, by the half that opens it', () => {
  const all = wantedPorts(subjectOf()).map(
    ({ kind, host, port, use, half }) => `${half} ${kind} ${host} ${port} ${use}`,
  );
  expect(all).toEqual([
    'balancer tcp 0.0.0.0 80 listener http',
    'balancer tcp :: 80 listener http',
    'balancer udp 198.51.100.100 53 listener dns',
    'balancer tcp 127.0.0.1 9180 admin',
    'agent tcp 203.0.113.1 9181 pair',
    expect.stringMatching(/^agent udp (0\.0\.0\.0|::) 3784 bfd$/),
  ]);
});

test.each([
  ['free', [], idle, 'ok', 'free'],
  ['held by nginx', held(nginx), idle, 'bad', 'held by nginx (pid 999999999)'],
  ['held by nginx beside us', [...held(ours), ...held(nginx)], serving, 'bad', 'held by nginx'],
  ['held by nginx on one address', held(nginx, '198.51.100.11'), idle, 'bad', 'held by nginx'],
  ['of UDP is no matter to TCP', held(nginx, '0.0.0.0', 'udp'), idle, 'ok', 'free'],
  ['held by us', held(ours), serving, 'ok', 'held by the balancer'],
  ['held by another Tandem', held({ ...ours, pid: 8 }), serving, 'bad', 'held by node (pid 8)'],
  ['held by nobody although we run', [], serving, 'warn', 'although the balancer runs'],
  ['held by somebody unseen', held(null), idle, 'unknown', 'a process of user www-data'],
  ["that IPv6's wildcard may take", held(nginx, '::'), idle, 'warn', 'takes IPv4 as well'],
] as const)('a port %s', (_, entries, subject, verdict, reason) => {
  const finding = judgePort(web, entries, subject);
  expect(finding).toMatchObject({ verdict, reason: expect.stringContaining(reason) });
});

test('a balancer too old to tell its pid is known by its command line', () => {
  const old = { agent: stopped, balancer: running<never>({ pid: undefined }) };
  expect(judgePort(web, held(ours), old)).toMatchObject({ verdict: 'ok' });
  expect(isTandem(ours)).toBe(true);
  expect(isTandem({ ...ours, commandLine: 'vi src/cli/launcher.js' })).toBe(false);
});

test('a real listener is found in /proc, with its holder', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  const users = new Map([[String(process.getuid!()), 'me']]);
  const entry = socketTable(readFileSync('/proc/net/tcp', 'utf8'), 'tcp', users).find(
    (one) => one.port === port,
  );
  expect(entry).toMatchObject({ kind: 'tcp', host: '127.0.0.1', user: 'me' });
  expect(holdersOf(new Set([entry!.inode])).get(entry!.inode)).toBe(process.pid);
  server.close();
});

test('addresses of IPv6 are read as they are, and connections are not listeners', () => {
  const row = (local: string, state: string) =>
    `  0: ${local}:0050 00000000000000000000000000000000:0000 ${state} 00000000:00000000 00:00000000 ` +
    '00000000     0        0 4711 1 0 100 0 0 10 0\n';
  const text = `head\n${row('B80D0120000000000000000001000000', '0A')}${row('0'.repeat(32), '01')}`;
  expect(socketTable(text, 'tcp6', new Map())).toEqual([
    { kind: 'tcp', host: '2001:db8::1', port: 80, inode: '4711', user: '0' },
  ]);
});
