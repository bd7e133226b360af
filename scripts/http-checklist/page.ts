/** The checklist page out of its table, and what is wrong with the table. */
import {
  type EvidenceRow,
  evidenceProblems,
  markdownRow,
  type TitlesOf,
  testOf,
} from '../conformance/evidence.ts';
import type { Answer, ChecklistRow, Subject } from './row.ts';

const introduction = `# HTTP/1.1: the checklist of a proxy

<!-- Written by scripts/generate-conformance.ts out of scripts/http-checklist/: change the table there. -->

What RFC 9110 (semantics), RFC 9112 (HTTP/1.1) and practice ask of a reverse proxy at the edge, what Tandem does,
and the test that shows it, on real sockets or through the parser itself. A row without a test, or with one that
does not exist, fails \`npm test\`. Where a message could be read in two ways it is refused; what goes on is always
canonical. The [differential run](DIFFERENTIAL.md) puts hostile messages through Tandem and asks nginx, HAProxy, Node
and h11 what they make of what came out. For operators: [HTTP.md](HTTP.md).

- **departs**: otherwise than a SHOULD of the RFC, for the reason given.
- **not applicable**: about something that Tandem does not do; the test shows that it does not.

A title with a \`%\` is that of a test which runs several times; brackets name the case that is meant.`;

/** The page; it begins with that of HTTP/1.1 unless another beginning is given. */
export function checklistPage(subjects: readonly Subject[], beginning = introduction): string {
  return [
    beginning,
    summary(subjects),
    ...subjects.map(
      ({ title, rows }) =>
        `## ${title}\n\n| RFC, section | rule | Tandem | shown by |\n|---|---|---|---|\n` +
        rows.map((row) => markdownRow(evidence(row))).join('\n'),
    ),
    '',
  ].join('\n\n');
}

function summary(subjects: readonly Subject[]): string {
  const kinds = ['does', 'departs', 'not applicable'] as const;
  const lines = subjects.map(({ title, rows }) => {
    const counts = kinds.map((kind) => rows.filter(({ answer }) => answer.is === kind).length);
    return `| ${title} | ${rows.length} | ${counts.join(' | ')} |`;
  });
  const head = '| subject | rows | as asked | departs | not applicable |\n|---|---|---|---|---|';
  return `${head}\n${lines.join('\n')}`;
}

function evidence({ section, rule, answer, shownBy }: ChecklistRow): EvidenceRow {
  return {
    at: `${section} (${rule.slice(0, 40)})`,
    texts: [section, rule, answer.how],
    cells: [section, rule, words(answer)],
    shownBy,
  };
}

function words({ is, how }: Answer): string {
  return is === 'does' ? how : `**${is}**: ${how}`;
}

/**
 * Everything wrong with the table, one sentence each: rows with an empty cell or without a test, tests
 * and cases that do not exist. `sourceOf` is the text of a test file.
 */
export function checklistProblems(
  subjects: readonly Subject[],
  titlesOf: TitlesOf,
  sourceOf: (file: string) => string,
): string[] {
  const rows = subjects.flatMap((subject) => subject.rows.map(evidence));
  const problems = evidenceProblems(rows, titlesOf);
  for (const { at, shownBy } of rows) {
    for (const name of shownBy) {
      const { file, case: meant } = testOf(name);
      if (meant === null || titlesOf(file) === null) continue;
      const there = ["'", '"', '`'].some((quote) => sourceOf(file).includes(quote + meant + quote));
      if (!there) problems.push(`${at}: no such case: ${name}`);
    }
  }
  return problems;
}
