import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = ['README.md', 'CHANGELOG.md', ...globSync('docs/**/*.md', { cwd: root })];

/** The text without what is code, where brackets and parentheses mean other things. */
const prose = (text: string) => text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');

/** The anchors that GitHub makes of headings. */
function anchors(path: string): ReadonlySet<string> {
  const text = read(path).replace(/^```.*?^```/gms, '');
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  const plain = headings.map((heading) => heading.toLowerCase().replace(/[^\p{L}\p{N}_\- ]/gu, ''));
  return new Set(plain.map((heading) => heading.replaceAll(' ', '-')));
}

test('links between the pages lead somewhere', () => {
  const dead = pages.flatMap((page) =>
    [...prose(read(page)).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].flatMap(([, link]) => {
      const [path = '', anchor] = link!.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, target))) return [`${page}: ${link}`];
      return anchor !== undefined && !anchors(target).has(anchor) ? [`${page}: ${link}`] : [];
    }),
  );
  expect(dead).toEqual([]);
});

test('the README leads to every page of docs/', () => {
  const readme = read('README.md');
  const names = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  expect(names.filter((name) => !readme.includes(`(docs/${name})`))).toEqual([]);
});

test('docs/ARCHITECTURE.md says what every folder is for', () => {
  const page = read('docs/ARCHITECTURE.md');
  const folders = (of: string) =>
    readdirSync(join(root, of), { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  const missing = [
    ...folders('src').filter((name) => !page.includes(`\`src/${name}/\``)),
    ...[...folders('proxy'), ...folders('keepalive')].filter(
      (name) => !page.includes(`\`${name}/`),
    ),
  ];
  expect(missing).toEqual([]);
});
