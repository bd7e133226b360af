/**
 * Style and boundaries as a check: `node scripts/tidy.ts` lists what breaks the rules of
 * docs/ARCHITECTURE.md and exits 1. The linter covers the rest (function length among it).
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const FILE_LINES_MAX = 400;
/** The formatter wraps code at 100; only what it cannot break (long strings) may pass that. */
const LINE_COLUMNS_MAX = 120;
/** Files where reading the clock or drawing a random number is the job. */
const CLOCK_ADAPTERS = [/^keepalive\/io\//, /\.test\.ts$/, /^src\//, /^scripts\//, /^testbed\//];
const CLOCK_PATTERN = /\b(Date\.now|Math\.random|performance\.now|hrtime)\b/;
/** Put together from halves so that this file does not find itself. */
const UNFINISHED_PATTERN = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`);
const EXPORT_PATTERN = /^export (?:default )?(?:abstract |async )*(?:function\*?|class) +(\w+)/;
const IMPORT_PATTERN = /^\s*(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"](\.[^'"]+)['"]/;

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

type Rule = (file: SourceFile, lines: readonly string[]) => string[];

const fileLength: Rule = ({ path }, lines) =>
  lines.length > FILE_LINES_MAX
    ? [`${path}: ${lines.length} lines, at most ${FILE_LINES_MAX}`]
    : [];

const lineLength: Rule = ({ path }, lines) =>
  lines.flatMap((line, i) =>
    line.length > LINE_COLUMNS_MAX ? [`${path}:${i + 1}: ${line.length} columns`] : [],
  );

const unfinished: Rule = ({ path }, lines) =>
  lines.flatMap((line, i) =>
    UNFINISHED_PATTERN.test(line) ? [`${path}:${i + 1}: unfinished`] : [],
  );

/** Time and chance come in as arguments or ports, so that the simulator owns both. */
const clocks: Rule = ({ path }, lines) =>
  !/^keepalive\//.test(path) || CLOCK_ADAPTERS.some((adapter) => adapter.test(path))
    ? []
    : lines.flatMap((line, i) =>
        CLOCK_PATTERN.test(line) && !/^\s*(\*|\/\/)/.test(line)
          ? [`${path}:${i + 1}: a clock or random source outside the adapters`]
          : [],
      );

const documented: Rule = ({ path }, lines) =>
  /\.(test|case|lab\.test)\.ts$/.test(path)
    ? []
    : lines.flatMap((line, i) => {
        const name = EXPORT_PATTERN.exec(line)?.[1];
        const above = (lines[i - 1] ?? '').trim();
        if (name === undefined || above.endsWith('*/')) return [];
        // Overload signatures share the first one's docstring.
        if (above.startsWith(`export function ${name}(`)) return [];
        return [`${path}:${i + 1}: ${name} is exported without a docstring`];
      });

/** The halves never import each other; of src/ they see src/os/ and types of src/config/. */
const boundaries: Rule = ({ path }, lines) =>
  imports(lines).flatMap(({ target, line, typeOnly }) => {
    const from = path.split('/')[0];
    const resolved = normalize(join(dirname(path), target));
    const to = resolved.split('/')[0];
    const broken = (why: string) => [`${path}:${line}: imports ${resolved}: ${why}`];
    if (from === 'keepalive' || from === 'proxy') {
      if (to === from || resolved.startsWith('src/os/')) return [];
      if (resolved.startsWith('src/config/') && typeOnly) return [];
      if (/\.test\.ts$|\.case\.ts$/.test(path) && (to === 'testbed' || to === 'src')) return [];
      return broken(`${from}/ may import only src/os/ and types of src/config/`);
    }
    if (from === 'src' && (to === 'keepalive' || to === 'proxy')) {
      return resolved === `${to}/index.ts` ? [] : broken(`src/ enters ${to}/ through its index.ts`);
    }
    if (from === 'src' && (to === 'testbed' || to === 'scripts')) {
      return /\.test\.ts$/.test(path) ? [] : broken('the product does not depend on its tests');
    }
    return [];
  });

function imports(lines: readonly string[]) {
  const found: { target: string; line: number; typeOnly: boolean }[] = [];
  let start = -1;
  lines.forEach((line, i) => {
    if (/^(import|export)\b/.test(line)) start = i;
    const from = /(?:from\s+|^import\s+)['"](\.[^'"]+)['"]/.exec(line) ?? IMPORT_PATTERN.exec(line);
    const dynamic = /\bimport\(\s*['"](\.[^'"]+)['"]\s*\)/.exec(line);
    const target = from?.[1] ?? dynamic?.[1];
    if (target === undefined) return;
    const statement = lines[Math.max(start, 0)] ?? '';
    found.push({ target, line: i + 1, typeOnly: /^(import|export) type\b/.test(statement) });
  });
  return found;
}

const RULES: readonly Rule[] = [fileLength, lineLength, unfinished, clocks, documented, boundaries];

/** Everything that breaks a rule, one `path:line: what` each. */
export function findings(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const lines = file.text.replace(/\n$/, '').split('\n');
    return RULES.flatMap((rule) => rule(file, lines));
  });
}

/** Decisions are numbered from 1 without gaps, so that a reference means one of them. */
export function misnumbered(decisions: readonly string[]): string[] {
  return [...decisions].sort().flatMap((name, i) => {
    const number = String(i + 1).padStart(4, '0');
    return name.startsWith(`${number}-`) ? [] : [`docs/adr/${name}: ${number} is the next number`];
  });
}

/** The sources git knows of, plus the new ones it does not ignore. */
export function sources(root: string): SourceFile[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.js'],
    { cwd: root, encoding: 'utf8' },
  );
  return listed
    .split('\n')
    .filter((path) => path !== '')
    .flatMap((path) => {
      try {
        return [{ path, text: readFileSync(join(root, path), 'utf8') }];
      } catch {
        return []; // Deleted in the work tree.
      }
    });
}

if (import.meta.main) {
  const found = [...findings(sources(process.cwd())), ...misnumbered(readdirSync('docs/adr'))];
  for (const line of found) console.error(line);
  console.log(found.length === 0 ? 'tidy: nothing to say' : `tidy: ${found.length} findings`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
