import { expect, test } from 'vitest';
import { examine } from './examination.ts';
import { ok } from './finding.ts';
import { judgePrivileges } from './privileges.ts';
import { limitIn, rightsOfProcess, rightsOfUser, unitRights } from './rights.ts';
import { faults, PAIR, rights, running, stopped, subjectOf } from './subject.case.ts';
import { type Installed, judgeVersions } from './versions.ts';

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max locked memory         8388608              unlimited            bytes
Max open files            1024                 524288               files
`;

test('limits are read as /proc has them', () => {
  expect(limitIn(LIMITS, 'Max open files', 'soft')).toBe(1_024);
  expect(limitIn(LIMITS, 'Max open files', 'hard')).toBe(524_288);
  expect(limitIn(LIMITS, 'Max locked memory', 'hard')).toBe(Number.POSITIVE_INFINITY);
  expect(rightsOfProcess(process.pid)).toMatchObject({ from: 'process' });
  expect(rightsOfUser()).toMatchObject({ from: 'user' });
  expect(rightsOfProcess(2 ** 30)).toBeNull();
});

test('the rights of a unit are what systemctl shows', () => {
  const shown =
    'LoadState=loaded\nLimitNOFILE=1048576\nLimitMEMLOCK=infinity\nAmbientCapabilities=cap_net_admin cap_net_raw\n';
  expect(unitRights(shown)).toEqual({
    from: 'unit',
    openFiles: 1_048_576,
    lockedBytes: Number.POSITIVE_INFINITY,
    capabilities: new Set(['CAP_NET_ADMIN', 'CAP_NET_RAW']),
  });
  expect(unitRights('LoadState=not-found\nLimitNOFILE=524288\n')).toBeNull();
});

const without = (...names: string[]) =>
  rights({
    capabilities: new Set([...rights().capabilities].filter((name) => !names.includes(name))),
  });

test.each([
  ['all there', rights(), []],
  ['no raw sockets', without('CAP_NET_RAW'), ['bad']],
  ['no real time', without('CAP_SYS_NICE'), ['warn']],
  ['not readable', null, ['unknown']],
] as const)('the agent, %s', (_, of, verdicts) => {
  const subject = subjectOf(PAIR, { agent: { ...stopped, rights: of } });
  const found = faults(judgePrivileges(subject, 1024));
  expect(found.map(({ verdict }) => verdict)).toEqual(verdicts);
});

test('an agent that was refused real time says why', () => {
  const agent = running<never>({ timing: { realTime: false, realTimeRefusal: 'EPERM' } });
  expect(faults(judgePrivileges(subjectOf(PAIR, { agent }), 1024))).toMatchObject([
    { verdict: 'warn', what: 'real-time priority', reason: expect.stringContaining('(EPERM)') },
  ]);
});

test('low ports need the capability, or a sysctl that lets everybody', () => {
  const poor = { ...stopped, rights: without('CAP_NET_BIND_SERVICE') };
  const subject = subjectOf(PAIR, { balancer: poor });
  expect(faults(judgePrivileges(subject, null))).toMatchObject([
    { verdict: 'bad', remedy: expect.stringContaining('ip_unprivileged_port_start=53') },
  ]);
  expect(faults(judgePrivileges(subject, 53))).toEqual([]);
});

const installed: Installed = {
  tandem: '0.1.0',
  node: '26.10.0',
  openssl: '3.5.8',
  kernel: '6.18.5',
  nftablesMissing: null,
};

test.each([
  ['all well', {}, {}, []],
  ['another Node.js', { node: '27.0.0' }, {}, ['Node.js']],
  ['a kernel without the lease', { kernel: '5.10.0-28-amd64' }, {}, ['kernel']],
  ['a kernel without io_uring', { kernel: '5.16.1' }, {}, ['kernel']],
  ['no libnftables', { nftablesMissing: 'cannot load it' }, {}, ['libnftables']],
  [
    'an agent before the upgrade',
    {},
    { agent: running<never>({ version: '0.0.9' }) },
    ['Tandem, agent'],
  ],
  [
    'a balancer too old to say',
    {},
    { balancer: running<never>({ version: undefined }) },
    ['Tandem, balancer'],
  ],
] as const)('versions: %s', (_, change, halves, what) => {
  const found = faults(judgeVersions(subjectOf(PAIR, halves), { ...installed, ...change }));
  expect(found.map((one) => [one.verdict, one.what])).toEqual(what.map((one) => ['warn', one]));
});

test('a check that fails itself is a finding, and hides no other', async () => {
  const broken = { name: 'disk', examine: () => Promise.reject(new Error('EIO')) };
  const well = { name: 'clock', examine: async () => [ok('clock', 'right')] };
  expect(await examine(subjectOf(), [broken, well])).toMatchObject([
    { check: 'disk', verdict: 'unknown', reason: 'this could not be looked at: EIO' },
    { check: 'clock', verdict: 'ok' },
  ]);
});

test('every check runs on a host as it is, without a defect', async () => {
  const found = await examine(subjectOf(PAIR, { listenMs: 0 }));
  expect(found.filter(({ remedy }) => remedy === 'please report it')).toEqual([]);
  expect(new Set(found.map(({ check }) => check)).size).toBeGreaterThan(8);
  expect(found.filter(({ verdict, remedy }) => (verdict === 'ok') !== (remedy === null))).toEqual(
    [],
  );
});
