import { expect, test } from 'vitest';
import { judgeConntrack } from './conntrack.ts';
import { descriptorsWanted, judgeDescriptors, judgeHostDescriptors } from './descriptors.ts';
import { foldersOf, judgeFolder, type Room } from './disk.ts';
import { bytesText } from './host-files.ts';
import { judgeLock, judgeMemory, memoryOf } from './memory.ts';
import { rights, running, stopped, subjectOf } from './subject.case.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const roomy: Room = {
  leftBytes: 10 * GIB,
  totalBytes: 40 * GIB,
  leftInodes: 90,
  totalInodes: 100,
  readOnly: false,
};
const folder = { path: '/var/log/tandem', use: 'access log of web', wanted: 0 };

test.each([
  ['ok', {}, '10 GiB of 40 GiB free'],
  ['bad', { readOnly: true }, 'mounted read-only'],
  ['bad', { leftBytes: 20 * MIB }, 'it is full'],
  ['warn', { leftBytes: 200 * MIB }, '200 MiB of 40 GiB free'],
  ['warn', { leftBytes: 1.5 * GIB }, '1.5 GiB of 40 GiB free'],
  ['ok', { leftBytes: 200 * MIB, totalBytes: 400 * MIB }, '200 MiB of 400 MiB free'],
  ['bad', { leftInodes: 0 }, '0 of 100 inodes'],
  ['warn', { leftInodes: 3 }, '3 of 100 inodes'],
  ['ok', { leftInodes: 0, totalInodes: 0 }, 'free'],
] as const)('a folder is %s: %j', (verdict, change, reason) => {
  const finding = judgeFolder(folder, { ...roomy, ...change });
  expect(finding).toMatchObject({ verdict, reason: expect.stringContaining(reason) });
  expect(finding.remedy === null).toBe(verdict === 'ok');
});

test('a folder nobody lets us look into is unknown', () => {
  expect(judgeFolder(folder, null)).toMatchObject({ verdict: 'unknown' });
});

test('folders of state, logs and caches are looked at once each, caches for what they still take', () => {
  const text = `
caches: { pages: { memory: 64MiB, disk: { path: /var/cache/tandem/p, size: 4GiB } } }
listeners:
  a:
    bind: "127.0.0.1:1"
    protocol: http
    routes: [{ respond: ready, cache: pages }]
    access_log: { to: { file: /var/log/tandem/a.log } }
  b:
    bind: "127.0.0.1:2"
    protocol: http
    routes: [{ respond: ready }]
    access_log: { to: { file: /var/log/tandem/b.log } }
`.replace('routes: [{ respond: ready, cache: pages }]', 'routes: [{ upstream: o, cache: pages }]');
  const withUpstream = `${text}upstreams: { o: { servers: [{ address: 198.51.100.21:80 }] } }\n`;
  const caches = [{ name: 'pages', disk: { bytes: GIB } }];
  const found = foldersOf(subjectOf(withUpstream, { balancer: running({ caches }) }));
  expect(found.map(({ path, use }) => `${path}: ${use}`)).toEqual([
    '/run/tandem: sockets and state',
    '/var/lib/tandem: configs for rollback',
    '/var/log/tandem: access log of a, access log of b',
    expect.stringMatching(/: bodies too long for memory$/),
    '/var/cache/tandem/p: cache pages',
  ]);
  expect(found.at(-1)?.wanted).toBe(3 * GIB);
  expect(
    judgeFolder(found.at(-1)!, { ...roomy, leftBytes: 2 * GIB, totalBytes: 8 * GIB }),
  ).toMatchObject({
    verdict: 'warn',
    reason: '2.0 GiB of 8.0 GiB free, and it may still take 3.0 GiB',
  });
});

const meminfo = (available: number) =>
  `MemTotal:       1000000 kB\nMemFree: 1 kB\nMemAvailable:   ${available} kB\n`;
const noGroup = { max: 'max\n', current: null };

test.each([
  ['ok', 500_000],
  ['warn', 90_000],
  ['bad', 20_000],
] as const)('memory is %s with %d kB of 1,000,000 available', (verdict, available) => {
  expect(judgeMemory(memoryOf(meminfo(available), noGroup), null)).toMatchObject([{ verdict }]);
});

test("a container's bound counts where it is less, and no bound is none", () => {
  const group = { max: '104857600\n', current: '103809024\n' };
  const found = memoryOf(meminfo(500_000), group);
  expect(found).toEqual({ totalBytes: 100 * MIB, availableBytes: MIB });
  expect(judgeMemory(found, null)).toMatchObject([{ verdict: 'bad' }]);
  expect(memoryOf(meminfo(1), { max: null, current: null })?.totalBytes).toBe(1_024_000_000);
  expect(judgeMemory(memoryOf('', noGroup), null)).toMatchObject([{ verdict: 'unknown' }]);
});

test.each([
  ['ok', '100MiB'],
  ['warn', '600MiB'],
  ['bad', '2GiB'],
])('caches in memory are %s with %s of 977 MiB', (verdict, size) => {
  const { config } = subjectOf(`caches: { pages: { memory: ${size} } }\n
upstreams: { o: { servers: [{ address: 198.51.100.21:80 }] } }
listeners: { a: { bind: "127.0.0.1:1", protocol: http, routes: [{ upstream: o, cache: pages }] } }\n`);
  const [, caches] = judgeMemory(memoryOf(meminfo(900_000), noGroup), config);
  expect(caches).toMatchObject({ verdict, what: 'memory of caches' });
});

test('what the running agent was refused outweighs any limit', () => {
  const agent = running<never>({ timing: { lockRefusal: 'mlock2: ENOMEM' } });
  expect(judgeLock({ agent })).toMatchObject({ verdict: 'warn' });
  expect(judgeLock({ agent: stopped })).toMatchObject({ verdict: 'ok' });
  const low = { ...stopped, rights: rights({ lockedBytes: 8 * MIB }) };
  expect(judgeLock({ agent: low })).toMatchObject({
    verdict: 'warn',
    reason: expect.stringContaining('8.0 MiB for the unit tandem-keepalive.service'),
  });
  expect(judgeLock({ agent: { ...stopped, rights: null } })).toMatchObject({ verdict: 'unknown' });
});

test('descriptors: two for each client of HTTP, one for each session of UDP, and the sockets', () => {
  const { config } = subjectOf();
  expect(descriptorsWanted(config!)).toBe(256 + 2 * 1000 + 2 * 3 + 500 + 3);
});

test.each([
  ['ok', 4_096],
  ['ok', Number.POSITIVE_INFINITY],
  ['warn', 1_024],
  ['bad', 256],
] as const)('descriptors are %s with a limit of %d', (verdict, openFiles) => {
  const { config } = subjectOf();
  const half = { ...stopped, rights: rights({ openFiles }) };
  expect(judgeDescriptors(config!, half)).toMatchObject({ verdict });
});

test('it says how many clients the descriptors are enough for', () => {
  const half = { ...stopped, rights: rights({ openFiles: 1_024 }) };
  expect(judgeDescriptors(subjectOf().config!, half).reason).toBe(
    '1,024 for the unit tandem-proxy.service, enough for some 384 clients; the 1,500 clients that the ' +
      'listeners allow take 2,765',
  );
});

test.each([
  ['ok', '100\t0\t9223372036854775807\n'],
  ['ok', '100\t0\t1000\n'],
  ['warn', '900\t0\t1000\n'],
  ['unknown', null],
] as const)('descriptors of the host are %s with %j', (verdict, text) => {
  expect(judgeHostDescriptors(text)).toMatchObject({ verdict });
});

test.each([
  ['ok', null],
  ['ok', { count: 10, max: 262_144 }],
  ['warn', { count: 10, max: 2_000 }],
  ['warn', { count: 220_000, max: 262_144 }],
  ['bad', { count: 262_000, max: 262_144 }],
] as const)('conntrack is %s with %j', (verdict, tracking) => {
  expect(judgeConntrack(tracking, subjectOf())).toMatchObject({ verdict });
});

test('sizes are written for people', () => {
  expect([0, 512, 1536, 20 * MIB, 3.26 * GIB].map(bytesText)).toEqual([
    '0 B',
    '512 B',
    '1.5 KiB',
    '20 MiB',
    '3.3 GiB',
  ]);
});
