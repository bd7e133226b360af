import type { CodingName } from '../../src/config/compression-config.ts';

/** Members of the list that are looked at; a client names a handful. */
const MEMBERS_MAX = 32;

/** Other names of a coding (RFC 9110 8.4.1.3). */
const ALIASES: ReadonlyMap<string, string> = new Map([['x-gzip', 'gzip']]);

/**
 * The coding for an answer, by what the client accepts (RFC 9110 12.5.3): of those it likes best the first
 * of ours. Null: as it is, also where the client likes that better than any of ours.
 */
export function chooseCoding(accepted: string, ours: readonly CodingName[]): CodingName | null {
  const weights = weightsOf(accepted);
  const others = weights.get('*') ?? 0;
  let best: CodingName | null = null;
  let most = 0;
  for (const coding of ours) {
    const weight = weights.get(coding) ?? others;
    if (weight > most) {
      most = weight;
      best = coding;
    }
  }
  // Who does not mention identity takes it, and likes it least.
  return most < (weights.get('identity') ?? 0) ? null : best;
}

/** What each member weighs; one that cannot be read weighs nothing. */
function weightsOf(accepted: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const member of accepted.split(',', MEMBERS_MAX)) {
    const [name = '', ...parameters] = member.toLowerCase().split(';');
    const coding = name.trim();
    if (coding === '') continue;
    weights.set(ALIASES.get(coding) ?? coding, weightOf(parameters));
  }
  return weights;
}

/** RFC 9110 12.4.2: `q=`, at most three digits after the point; 1 where there is none. */
function weightOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=', 2);
    if (name.trim() !== 'q') continue;
    const text = value.trim();
    return /^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$/.test(text) ? Number(text) : 0;
  }
  return 1;
}
