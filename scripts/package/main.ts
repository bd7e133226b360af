/**
 * `npm run package [-- --arch x64|arm64] [--revision N]`: makes the Debian package in dist/package:
 * the build, production dependencies, the pinned Node.js, units, man page, completions, documentation.
 * The same checkout makes the same bytes: times are those of its last commit, or SOURCE_DATE_EPOCH.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type Installed, productionPackages, setModes, stage } from '../stage.ts';
import { addContents, setTimes } from './contents.ts';
import { type Architecture, DEBIAN_ARCHITECTURES, debianVersion, type Release } from './control.ts';
import { type Shipped, sbom } from './sbom.ts';

const root = join(import.meta.dirname, '..', '..');
const usage = 'npm run package [-- --arch x64|arm64] [--revision N]';
const MIB = 1024 ** 2;

/**
 * Builds the package in `folder` and returns its path. `fast` leaves it uncompressed, for a machine next
 * door. Throws an Error that says what is missing.
 */
export function buildPackage(
  release: Release,
  folder: string,
  { fast = false }: { readonly fast?: boolean } = {},
): string {
  const date = new Date(sourceEpoch() * 1000);
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'work-'));
  try {
    const installed = installedFor(release.arch, work);
    const tree = join(work, 'tree');
    stage(tree, installed);
    addContents(tree, release, date, sbom(release, shipped(installed), nodeVersions()));
    setModes(tree);
    setTimes(tree, date);
    const architecture = DEBIAN_ARCHITECTURES[release.arch];
    const file = join(folder, `tandem_${debianVersion(release)}_${architecture}.deb`);
    const compression = fast ? '-Znone' : '-Zxz';
    execFileSync('dpkg-deb', ['--root-owner-group', compression, '--build', tree, file], {
      env: { ...process.env, SOURCE_DATE_EPOCH: `${date.getTime() / 1000}` },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return file;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Seconds since 1970 that stand for the time of this version. */
function sourceEpoch(): number {
  const told = process.env.SOURCE_DATE_EPOCH;
  if (told !== undefined) return Number(told);
  const commit = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  if (commit.status === 0) return Number(commit.stdout);
  throw new Error('not a git checkout: set SOURCE_DATE_EPOCH to the time of this version');
}

/** For this machine what is installed; for another, npm fetches it as the lockfile has it. */
function installedFor(arch: Architecture, work: string): Installed {
  if (arch === process.arch) return { folder: root, arch };
  const folder = join(work, 'installed');
  mkdirSync(folder);
  for (const name of ['package.json', 'package-lock.json'])
    cpSync(join(root, name), join(folder, name));
  const target = ['--os=linux', `--cpu=${arch}`, '--libc=glibc'];
  const flags = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
  execFileSync('npm', ['ci', ...target, ...flags], { cwd: folder, stdio: 'inherit' });
  return { folder, arch };
}

/** What the lockfile says of the packages that ship. */
function shipped(installed: Installed): readonly Shipped[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; license?: string; integrity?: string }>;
  };
  return productionPackages(installed).map((path) => {
    const { version, license, integrity } = lock.packages[path]!;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return { name, version, licence: license, integrity };
  });
}

/** Of the pinned Node.js, which is of one version for all machines. */
function nodeVersions(): Record<string, string | undefined> {
  const node = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  return JSON.parse(
    execFileSync(node, ['-p', 'JSON.stringify(process.versions)'], { encoding: 'utf8' }),
  );
}

function releaseOf(argv: readonly string[]): Release {
  const { values } = parseArgs({
    args: [...argv],
    options: { arch: { type: 'string' }, revision: { type: 'string' } },
  });
  const arch = values.arch ?? process.arch;
  if (!Object.hasOwn(DEBIAN_ARCHITECTURES, arch)) {
    const known = Object.keys(DEBIAN_ARCHITECTURES).join(' or ');
    throw new Error(`--arch ${arch}: ${known}\n${usage}`);
  }
  const revision = Number(values.revision ?? 1);
  if (!Number.isInteger(revision) || revision < 1) {
    throw new Error(`--revision ${values.revision}: a whole number from 1\n${usage}`);
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return { version, revision, arch: arch as Architecture };
}

if (import.meta.main) {
  try {
    const file = buildPackage(releaseOf(process.argv.slice(2)), join(root, 'dist', 'package'));
    const content = readFileSync(file);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const size = (content.length / MIB).toFixed(1);
    console.log(`${relative(process.cwd(), file)}\n${size} MiB, SHA-256 ${sha256}`);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
