/**
 * `npm run stage`: lays the built product out in dist/stage as a host has it once the package is
 * installed. The image of testbed/docker is made of this tree, so the testbed runs what a host runs:
 *
 *     usr/bin/tandem                  the command
 *     usr/lib/tandem/bin/node         the pinned Node.js
 *     usr/lib/tandem/dist             the build
 *     usr/lib/tandem/node_modules     production dependencies
 *     usr/lib/systemd/system          the units
 *     usr/share/doc/tandem            licences
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Where `npm run stage` puts the tree. */
export const stageFolder = join(root, 'dist', 'stage');

/** Folders of the build; dist/ holds the staged tree too, which must not be copied into itself. */
const BUILT = ['src', 'keepalive', 'proxy'] as const;

const UNITS = ['tandem-keepalive.service', 'tandem-proxy.service', 'tandem.target'] as const;

const WRAPPER = `#!/bin/sh
exec /usr/lib/tandem/bin/node /usr/lib/tandem/dist/src/cli/launcher.js "$@"
`;

/** Sources, declarations, maps and what is hidden: Node never loads them out of node_modules. */
const NEVER_LOADED = /\.([cm]?ts|map|cc|c|h|hpp|md|gypi?)$|(^|\/)\.[^/]+$/;

/** What npm has installed: for this machine, or for another one by `npm ci --cpu`. */
export interface Installed {
  /** Folder with `node_modules` in it. */
  readonly folder: string;
  /** As Node.js calls it: x64, arm64. */
  readonly arch: string;
}

const installedHere: Installed = { folder: root, arch: process.arch };

/**
 * Replaces what is at `destination` by the staged tree. Throws an Error naming what is missing when
 * there is no build, or when npm has installed no Node.js for this platform.
 */
export function stage(destination: string, installed: Installed = installedHere): void {
  const node = pinnedNode(installed);
  const launcher = join(root, 'dist', 'src', 'cli', 'launcher.js');
  if (!existsSync(launcher)) throw new Error('there is no build: run `npm run build` first');
  rmSync(destination, { recursive: true, force: true });
  const product = join(destination, 'usr', 'lib', 'tandem');
  for (const folder of BUILT) copy(join(root, 'dist', folder), join(product, 'dist', folder));
  copy(join(root, 'package.json'), join(product, 'package.json'));
  copy(join(node, 'bin', 'node'), join(product, 'bin', 'node'));
  for (const path of productionPackages(installed)) {
    copyPackage(join(installed.folder, path), join(product, path), installed.arch);
  }
  const units = join(destination, 'usr', 'lib', 'systemd', 'system');
  for (const unit of UNITS) copy(join(root, 'scripts', 'systemd', unit), join(units, unit));
  const documents = join(destination, 'usr', 'share', 'doc', 'tandem');
  copy(join(root, 'LICENSE'), join(documents, 'copyright'));
  copy(join(node, 'LICENSE'), join(documents, 'copyright.node'));
  const command = join(destination, 'usr', 'bin', 'tandem');
  mkdirSync(dirname(command), { recursive: true });
  writeFileSync(command, WRAPPER);
  chmodSync(command, 0o755);
  setModes(destination);
}

/** 0755 and 0644 throughout, whatever the umask of who built it: others must be able to read it. */
export function setModes(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const program = (statSync(path).mode & 0o100) !== 0 && !path.endsWith('.node');
    const executable = entry.isDirectory() || program;
    chmodSync(path, executable ? 0o755 : 0o644);
  }
}

/** Folder of the package that carries the Node.js binary for this platform. */
function pinnedNode(installed: Installed): string {
  const name = `node-${process.platform}-${installed.arch}`;
  const folder = join(installed.folder, 'node_modules', name);
  if (existsSync(folder)) return folder;
  throw new Error(
    process.platform === 'linux'
      ? `${name} is not installed: run \`npm ci\` (without --omit=optional)`
      : `Tandem runs on Linux and is staged on Linux, not on ${process.platform}`,
  );
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

/**
 * Paths of the installed packages that the product needs, from the lockfile. Types are not needed
 * at run time, and the Node.js binary is staged by itself.
 */
export function productionPackages({ folder } = installedHere): readonly string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile;
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path]) => path)
    .filter((path) => !/\/(@types\/[^/]+|node-linux-[^/]+)$/.test(path))
    .filter((path) => existsSync(join(folder, path)));
}

/** One package without the packages nested in it: the lockfile lists those by themselves. */
function copyPackage(from: string, destination: string, arch: string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const file = relative(from, join(entry.parentPath, entry.name));
    if (entry.isDirectory() || NEVER_LOADED.test(file)) continue;
    if (file.split(sep).includes('node_modules')) continue;
    if (isForeign(file, arch)) continue;
    copy(join(from, file), join(destination, file));
  }
}

/** Native code that other machines need, and another C library. */
function isForeign(file: string, arch: string): boolean {
  const [first, second] = file.split(sep);
  if (first === 'prebuilds') return second !== `linux-${arch}`;
  return first?.startsWith('musl_') === true;
}

function copy(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
}

if (import.meta.main) {
  stage(stageFolder);
  process.stdout.write(`staged in ${relative(process.cwd(), stageFolder)}\n`);
}
