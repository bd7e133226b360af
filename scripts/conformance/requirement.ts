/** What a row of the conformance table is made of; `table.ts` lists the rows. */

export { test } from './evidence.ts';

/** The strength of the RFC's wording. `rule`: a step of the state machine, which has no keyword. */
export type Level = 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'MAY' | 'rule';

/** How Tandem stands to a requirement. */
export type Standing =
  | { readonly is: 'met'; readonly unless?: string }
  | { readonly is: 'met in vmac mode'; readonly why: string }
  | { readonly is: 'departure'; readonly why: string; readonly strictRfc: 'obeys' | 'same' }
  | { readonly is: 'not applicable'; readonly why: string };

/** One requirement, in our own words, and what shows how we stand to it. */
export interface Requirement {
  /** Of the RFC, such as `5.1.1.3`. */
  readonly section: string;
  /** Verified or reported errata that change the text. */
  readonly errata?: readonly number[];
  readonly level: Level;
  readonly rule: string;
  readonly standing: Standing;
  /** `path/of.test.ts > describe > test`, titles as written in the source. At least one. */
  readonly shownBy: readonly string[];
}

/** The requirements of one part of an RFC. */
export interface Chapter {
  readonly rfc: 9568 | 3768;
  readonly title: string;
  readonly requirements: readonly Requirement[];
}

/** As the RFC asks, with every setting. */
export const met: Standing = { is: 'met' };

/** As the RFC asks, unless a setting that `strict_rfc` excludes says otherwise. */
export function metUnless(why: string): Standing {
  return { is: 'met', unless: why };
}

/** As the RFC asks with `mode: vmac`; `why` says what the plain mode does instead. */
export function metInVmacMode(why: string): Standing {
  return { is: 'met in vmac mode', why };
}

/** Otherwise by design; `strict_rfc: true` brings the RFC's behaviour. */
export function departureUnlessStrict(why: string): Standing {
  return { is: 'departure', why, strictRfc: 'obeys' };
}

/** Otherwise by design, whatever `strict_rfc` says. */
export function departure(why: string): Standing {
  return { is: 'departure', why, strictRfc: 'same' };
}

/** Asks for something a load balancer has no part in. */
export function notApplicable(why: string): Standing {
  return { is: 'not applicable', why };
}
