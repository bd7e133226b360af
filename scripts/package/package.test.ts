import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPackage } from './main.ts';

/** Two builds, and a package that is unpacked: most of it is the copying of Node.js. */
const TIMEOUT_MS = 120_000;

const hasLintian = spawnSync('which', ['lintian']).status === 0;
const release = { version: '0.1.0', revision: 1, arch: process.arch as 'x64' | 'arm64' };
let folder: string;
let deb: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-package-'));
  deb = buildPackage(release, join(folder, 'first'), { fast: true });
}, TIMEOUT_MS);
afterAll(() => rmSync(folder, { recursive: true }));

const dpkg = (...args: string[]) => execFileSync('dpkg-deb', args, { encoding: 'utf8' });

test('has everything where Debian has it', () => {
  const listing = dpkg('--contents', deb);
  for (const path of [
    ...['usr/share/tandem/tandem.yaml', 'usr/bin/tandem', 'usr/lib/tandem/bin/node'],
    ...['usr/lib/systemd/system/tandem-proxy.service', 'usr/share/man/man1/tandem.1.gz'],
    ...['usr/lib/sysctl.d/60-tandem.conf', 'usr/share/bash-completion/completions/tandem'],
    ...['usr/share/doc/tandem/CONFIG.md', 'usr/share/doc/tandem/sbom.cdx.json'],
    'usr/share/doc/tandem/adr/0008-duplicate-addresses.md',
    ...['usr/share/doc/tandem/copyright', 'usr/share/doc/tandem/changelog.Debian.gz'],
  ]) {
    expect(listing).toContain(` ./${path}\n`);
  }
});

test('belongs to root, and nobody else may write it', () => {
  const lines = dpkg('--contents', deb).trimEnd().split('\n');
  const odd = lines.filter((line) => !/^(d|-)rw[x-]r-[x-]r-[x-] root\/root /.test(line));
  expect(odd).toEqual([]);
});

test('has no file that dpkg would ask about, with the host stopped', () => {
  expect(dpkg('--contents', deb)).not.toContain(' ./etc/');
});

test('the maintainer scripts are POSIX shell', () => {
  for (const name of ['prerm', 'postinst', 'postrm']) {
    const script = dpkg('--info', deb, name);
    expect(spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' }).stderr).toBe('');
  }
});

test(
  'the same checkout makes the same bytes',
  () => {
    const again = buildPackage(release, join(folder, 'second'), { fast: true });
    expect(sha256(again)).toBe(sha256(deb));
  },
  TIMEOUT_MS,
);

test(
  'what is unpacked runs, and its own md5sums hold',
  () => {
    const tree = join(folder, 'tree');
    execFileSync('dpkg-deb', ['--raw-extract', deb, tree]);
    execFileSync('md5sum', ['--check', '--quiet', 'DEBIAN/md5sums'], { cwd: tree });
    const node = join(tree, 'usr/lib/tandem/bin/node');
    const launcher = join(tree, 'usr/lib/tandem/dist/src/cli/launcher.js');
    const run = (...args: string[]) =>
      spawnSync(node, [launcher, ...args], { encoding: 'utf8', env: {} });
    expect(run('version').stdout).toMatch(/^tandem 0\.1\.0 /);
    // Before an operator has written something there is nothing to run.
    const config = join(tree, 'usr/share/tandem/tandem.yaml');
    expect(run('check', '-c', config).stderr).toContain('is empty but for comments');
  },
  TIMEOUT_MS,
);

test.skipIf(!hasLintian)(
  'lintian finds no error that is not explained (needs lintian)',
  () => {
    const argv = ['--fail-on', 'error', '--suppress-tags', EXPLAINED.join(','), deb];
    const { status, stdout } = spawnSync('lintian', argv, { encoding: 'utf8' });
    expect({ stdout: stdout.split('\n').filter((line) => line.startsWith('E:')), status }).toEqual({
      stdout: [],
      status: 0,
    });
  },
  TIMEOUT_MS,
);

/** What Debian's archive would object to, and why it is so. */
const EXPLAINED = [
  // Node.js comes as its makers built it: symbols, for profiles of a host in trouble, and its own OpenSSL.
  ...['unstripped-binary-or-object', 'embedded-library'],
  // It is what runs the scripts that are in the package.
  'missing-dep-for-interpreter',
  // The project has no mail of its own yet.
  ...['bogus-mail-host', 'bogus-mail-host-in-debian-changelog'],
  // This one is built for the test alone.
  ...['uses-no-compression-for-control-tarball', 'uses-no-compression-for-data-tarball'],
];

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
