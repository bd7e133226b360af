/** What a run found out about one case, be it a request or a response. */

/** How a program treated the bytes as they came. */
export interface Treatment {
  readonly accepted: boolean;
  /** What it answered, for people. */
  readonly text: string;
}

/** The programs that get the corpus beside Tandem. */
export const OTHERS = ['nginx', 'HAProxy'] as const;
export type Other = (typeof OTHERS)[number];

/** Everything about one case. */
export interface Result {
  readonly theme: string;
  readonly name: string;
  readonly tandem: Treatment;
  /** Without the programs that are not installed. */
  readonly others: Readonly<Partial<Record<Other, Treatment>>>;
  /** What breaks the promise; empty when all is well. */
  readonly findings: readonly string[];
  /** Judges that refuse what Tandem passed on, each with the reason known for it. */
  readonly refusals: readonly string[];
}

/** How Tandem differs from both others, where those agree; null when it does not. */
export function departure({ tandem, others }: Result): 'stricter' | 'laxer' | null {
  const { nginx, HAProxy } = others;
  if (nginx === undefined || HAProxy === undefined) return null;
  if (nginx.accepted !== HAProxy.accepted || nginx.accepted === tandem.accepted) return null;
  return tandem.accepted ? 'laxer' : 'stricter';
}
