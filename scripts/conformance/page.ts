/** The conformance page out of its table, and what is wrong with the table. */
import { type EvidenceRow, evidenceProblems, markdownRow, type TitlesOf } from './evidence.ts';
import type { Chapter, Requirement, Standing } from './requirement.ts';

const introduction = `# Conformance with the VRRP standards

<!-- Written by scripts/generate-conformance.ts out of scripts/conformance/: change the table there. -->

Every requirement of RFC 9568 (VRRPv3, with its errata 7949 and 8298-8301) and of RFC 3768 (VRRPv2,
for old peers), in our own words, with how Tandem stands to it and the test that shows it. A row without a
test, or with one that does not exist, fails \`npm test\`.

- **met**: as the RFC asks. Where a setting may say otherwise the row names it; \`strict_rfc: true\` excludes it.
- **met in vmac mode**: with \`mode: vmac\` on the virtual router. The plain mode announces the addresses with
  the interface's own MAC instead, as keepalived does by default.
- **departure**: otherwise, for the reason given. Where the row says so, \`strict_rfc: true\` brings the RFC's
  behaviour.
- **not applicable**: the requirement is about something that a load balancer does not do; the test shows
  that it does not.

\`rule\` is a step of the state machines, which have no keywords. A title with a \`%\` or a \`$\` is that of a
test which runs several times; brackets name the case that is meant.`;

/** The page. */
export function conformancePage(chapters: readonly Chapter[]): string {
  return [
    introduction,
    summary(chapters),
    ...chapters.map(
      ({ rfc, title, requirements }) =>
        `## RFC ${rfc}, ${title}\n\n| section | | requirement | Tandem | shown by |\n` +
        `|---|---|---|---|---|\n${requirements.map((one) => markdownRow(evidence(rfc, one))).join('\n')}`,
    ),
    '',
  ].join('\n\n');
}

function summary(chapters: readonly Chapter[]): string {
  const kinds = ['met', 'met in vmac mode', 'departure', 'not applicable'] as const;
  const lines = ([9568, 3768] as const).map((rfc) => {
    const of = chapters.filter((one) => one.rfc === rfc).flatMap((one) => one.requirements);
    const counts = kinds.map((kind) => of.filter(({ standing }) => standing.is === kind).length);
    return `| ${rfc} | ${of.length} | ${counts.join(' | ')} |`;
  });
  return `| RFC | rows | ${kinds.join(' | ')} |\n|---|---|---|---|---|---|\n${lines.join('\n')}`;
}

function evidence(rfc: number, requirement: Requirement): EvidenceRow {
  const { section, errata, level, rule, standing, shownBy } = requirement;
  const corrected = errata === undefined ? '' : ` (erratum ${errata.join(', ')})`;
  return {
    at: `RFC ${rfc} section ${section} (${rule.slice(0, 40)})`,
    texts: [section, rule, 'why' in standing ? standing.why : '-'],
    cells: [`${section}${corrected}`, level, rule, words(standing)],
    shownBy,
  };
}

function words(standing: Standing): string {
  switch (standing.is) {
    case 'met':
      return standing.unless === undefined ? 'met' : `met, unless ${standing.unless}`;
    case 'met in vmac mode':
      return `**met in vmac mode**: ${standing.why}`;
    case 'departure':
      return `**departure**${standing.strictRfc === 'obeys' ? ' (not with `strict_rfc`)' : ''}: ${standing.why}`;
    case 'not applicable':
      return `**not applicable**: ${standing.why}`;
  }
}

/**
 * Everything wrong with the table, one sentence each: rows with an empty cell or without a test, tests
 * that do not exist.
 */
export function tableProblems(chapters: readonly Chapter[], titlesOf: TitlesOf): string[] {
  const rows = chapters.flatMap(({ rfc, requirements }) =>
    requirements.map((requirement) => evidence(rfc, requirement)),
  );
  return evidenceProblems(rows, titlesOf);
}
