import { isDeepStrictEqual } from 'node:util';

/** One line of a plan, for people and JSON. */
export interface PlanLine {
  readonly what: 'added' | 'removed' | 'changed';
  readonly kind: 'listener' | 'upstream' | 'server' | 'route' | 'cache' | 'limit' | 'setting';
  readonly name: string;
  /** What clients feel; null: nothing. */
  readonly disturbs: string | null;
}

/** Lines about things with names; `disturbs`: what clients feel when one is changed. */
export function planNamed<T extends { readonly name: string }>(
  kind: PlanLine['kind'],
  before: readonly T[],
  after: readonly T[],
  disturbs: string | null,
): PlanLine[] {
  const were = new Map(before.map((one) => [one.name, one]));
  const are = new Map(after.map((one) => [one.name, one]));
  const gone = before.filter(({ name }) => !are.has(name));
  return [
    ...gone.map(({ name }): PlanLine => ({ what: 'removed', kind, name, disturbs: null })),
    ...after.flatMap((one): PlanLine[] => {
      const was = were.get(one.name);
      if (was === undefined) return [{ what: 'added', kind, name: one.name, disturbs: null }];
      if (isDeepStrictEqual(was, one)) return [];
      return [{ what: 'changed', kind, name: one.name, disturbs }];
    }),
  ];
}
