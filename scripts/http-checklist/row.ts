/** What a row of the HTTP checklist is made of; `table.ts` lists the rows. */

/** How Tandem stands to a rule. */
export type Answer =
  | { readonly is: 'does'; readonly how: string }
  | { readonly is: 'departs'; readonly how: string }
  | { readonly is: 'not applicable'; readonly how: string };

/** One rule, in our own words, and what shows our answer to it. */
export interface ChecklistRow {
  /** Of RFC 9110 or 9112, such as `9112 6.3`; `practice` where no RFC says it. */
  readonly section: string;
  readonly rule: string;
  readonly answer: Answer;
  /** As in `EvidenceRow`. */
  readonly shownBy: readonly string[];
}

/** The rows about one subject. */
export interface Subject {
  readonly title: string;
  readonly rows: readonly ChecklistRow[];
}

/** One row; `answer` says what Tandem does, by the rule. */
export function row(
  section: string,
  rule: string,
  answer: string | Answer,
  ...shownBy: readonly string[]
): ChecklistRow {
  const full: Answer = typeof answer === 'string' ? { is: 'does', how: answer } : answer;
  return { section, rule, answer: full, shownBy };
}

/** Otherwise than a SHOULD asks; `how` says what is done and why. */
export function departs(how: string): Answer {
  return { is: 'departs', how };
}

/** About something that is not there; the test shows that it is not. */
export function notApplicable(how: string): Answer {
  return { is: 'not applicable', how };
}
