/** Everything in the package beside what `npm run stage` lays out. */
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { commands } from '../../src/cli/commands/index.ts';
import { bashCompletion, fishCompletion, zshCompletion } from './completions.ts';
import { controlFile, debianChangelog, md5sums, type Release } from './control.ts';
import { dashboardJson, dashboards } from './dashboards.ts';
import { manPage } from './man-page.ts';

const root = join(import.meta.dirname, '..', '..');
const MONITORING = 'usr/share/tandem/monitoring';
const DOCUMENTATION = 'usr/share/doc/tandem';
const MAINTAINER_SCRIPTS = ['postinst', 'prerm', 'postrm'] as const;

/** Man page, completions, documentation, config template and control files, into a staged tree. */
export function addContents(tree: string, release: Release, date: Date, bom: string): void {
  cpSync(join(import.meta.dirname, 'host'), tree, { recursive: true });
  const texts: Readonly<Record<string, string>> = {
    'usr/share/bash-completion/completions/tandem': bashCompletion(commands),
    'usr/share/zsh/vendor-completions/_tandem': zshCompletion(commands),
    'usr/share/fish/vendor_completions.d/tandem.fish': fishCompletion(commands),
    [`${DOCUMENTATION}/sbom.cdx.json`]: bom,
  };
  for (const [path, text] of Object.entries(texts)) write(join(tree, path), text);
  const page = manPage(commands, {
    version: release.version,
    date: date.toISOString().slice(0, 10),
  });
  write(join(tree, 'usr/share/man/man1/tandem.1.gz'), packed(page));
  const news = join(tree, DOCUMENTATION, 'changelog.gz');
  write(news, packed(readFileSync(join(root, 'CHANGELOG.md'))));
  const debian = join(tree, DOCUMENTATION, 'changelog.Debian.gz');
  write(debian, packed(debianChangelog(release, date)));
  for (const page of readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))) {
    cpSync(join(root, 'docs', page), join(tree, DOCUMENTATION, page));
  }
  // The pages lead to the decisions.
  cpSync(join(root, 'docs', 'adr'), join(tree, DOCUMENTATION, 'adr'), { recursive: true });
  cpSync(join(root, 'monitoring'), join(tree, MONITORING), { recursive: true });
  for (const dashboard of dashboards) {
    const file = join(tree, MONITORING, 'dashboards', `${dashboard.slug}.json`);
    write(file, dashboardJson(dashboard));
  }
  addControl(tree, release);
}

function addControl(tree: string, release: Release): void {
  const control = join(tree, 'DEBIAN');
  const files = filesIn(tree);
  const bytes = files.reduce((sum, path) => sum + statSync(join(tree, path)).size, 0);
  const sums = files.map((path) => ({ path, md5: md5Of(join(tree, path)) }));
  write(join(control, 'control'), controlFile(release, Math.ceil(bytes / 1024)));
  write(join(control, 'md5sums'), md5sums(sums));
  for (const name of MAINTAINER_SCRIPTS) {
    cpSync(join(import.meta.dirname, 'maintainer', name), join(control, name));
  }
}

/** One time for every file, so that the same sources make the same package. */
export function setTimes(tree: string, date: Date): void {
  const entries = readdirSync(tree, { recursive: true, encoding: 'utf8' });
  for (const path of [tree, ...entries.map((entry) => join(tree, entry))]) {
    utimesSync(path, date, date);
  }
}

/** Paths of all files, in one order everywhere. */
function filesIn(tree: string): readonly string[] {
  return readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(tree, join(entry.parentPath, entry.name)))
    .sort();
}

function md5Of(file: string): string {
  return createHash('md5').update(readFileSync(file)).digest('hex');
}

/** As `gzip -9n` does: without a name and a time. */
function packed(content: string | Buffer): Buffer {
  return gzipSync(content, { level: 9 });
}

function write(file: string, content: string | Buffer): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
