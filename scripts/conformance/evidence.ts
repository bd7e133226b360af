/** What the generated tables have in common: each row is shown by tests, and the tests exist. */

/** A row, whatever its table is about. */
export interface EvidenceRow {
  /** Where it is, for the message about a fault. */
  readonly at: string;
  /** Texts that must not be empty. */
  readonly texts: readonly string[];
  /** Cells before the last one, which names the tests. */
  readonly cells: readonly string[];
  /** `path/of.test.ts > describe > test [case]`, titles as written in the source. At least one. */
  readonly shownBy: readonly string[];
}

/** The tests of a file; null when there is no such file. */
export type TitlesOf = (file: string) => readonly string[] | null;

/** The full name of a test as `shownBy` wants it. */
export function test(file: string, ...titles: readonly string[]): string {
  return [file, ...titles].join(' > ');
}

/** The row as a line of a Markdown table. */
export function markdownRow({ cells, shownBy }: EvidenceRow): string {
  const tests = shownBy.map((name) => {
    const [file = '', ...titles] = name.split(' > ');
    return `[${file.split('/').at(-1)}](../${file}): ${titles.join(' > ')}`;
  });
  const all = [...cells, tests.join('<br>')];
  return `| ${all.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Everything wrong with the rows, one sentence each. */
export function evidenceProblems(rows: readonly EvidenceRow[], titlesOf: TitlesOf): string[] {
  return rows.flatMap(({ at, texts, shownBy }) => {
    const problems: string[] = [];
    if (texts.includes('')) problems.push(`${at}: an empty cell`);
    if (shownBy.length === 0) problems.push(`${at}: no test shows it`);
    for (const name of shownBy) {
      const { file, title } = testOf(name);
      const known = titlesOf(file);
      if (known === null) problems.push(`${at}: there is no ${file}`);
      else if (!known.includes(title)) problems.push(`${at}: no such test: ${name}`);
    }
    return problems;
  });
}

/** Of a `shownBy`: file, title, and the case that is meant of a test that runs several times. */
export function testOf(shownBy: string): {
  readonly file: string;
  readonly title: string;
  readonly case: string | null;
} {
  const meant = / \[([^[\]]+)\]$/.exec(shownBy);
  const [file = '', ...titles] = (meant === null ? shownBy : shownBy.slice(0, meant.index)).split(
    ' > ',
  );
  return { file, title: titles.join(' > '), case: meant?.[1] ?? null };
}
