/**
 * Lays out the Docker build context in `dist/docker/`: the built program, the packages it needs at
 * run time with the pinned Node.js (no development dependency), and the testbed's own tools.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

interface LockedPackage {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

/** Folders below node_modules/ that are needed at run time and are installed here. */
export function productionPackages(lockfile: string): readonly string[] {
  const { packages } = JSON.parse(lockfile) as { packages: Record<string, LockedPackage> };
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
    .map(([path]) => path);
}

/** Writes the context anew and returns its folder. Throws when there is no build. */
export function stageContext(root: string = ROOT): string {
  if (!existsSync(join(root, 'dist', 'src'))) throw new Error('run `npm run build` first');
  const context = join(root, 'dist', 'docker');
  rmSync(context, { recursive: true, force: true });
  mkdirSync(context, { recursive: true });
  const copy = (path: string) => {
    const source = join(root, path);
    if (existsSync(source)) cpSync(source, join(context, path), { recursive: true });
  };
  const lockfile = readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8');
  for (const path of productionPackages(lockfile)) copy(path);
  for (const path of ['dist/src', 'dist/keepalive', 'dist/proxy', 'package.json']) copy(path);
  for (const path of ['testbed/lab', 'testbed/docker']) copy(path);
  linkNode(context);
  cpSync(join(root, 'testbed', 'docker', 'Dockerfile'), join(context, 'Dockerfile'));
  return context;
}

/** `node_modules/.bin/node`, as npm makes it: the pinned Node.js for this architecture. */
function linkNode(context: string): void {
  const node = join(context, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  if (!existsSync(node)) throw new Error(`${relative(ROOT, node)} is missing: run \`npm ci\``);
  const link = join(context, 'node_modules', '.bin', 'node');
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), node), link);
}

if (import.meta.main) process.stdout.write(`${stageContext()}\n`);
