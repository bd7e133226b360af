/** Templates for tests, as the config compiles them. */
import type { FieldEdits, FieldTemplate } from '../../src/config/rewriting-config.ts';
import { templateOf } from '../../src/config/template.ts';

export { templateOf };

/** Names and templates of a map. */
export function fields(map: Readonly<Record<string, string>>): readonly FieldTemplate[] {
  return Object.entries(map).map(([name, value]) => ({ name, value: templateOf(value) }));
}

/** Edits of one head. */
export function edits(
  changes: {
    readonly set?: Readonly<Record<string, string>>;
    readonly add?: Readonly<Record<string, string>>;
    readonly remove?: readonly string[];
  } = {},
): FieldEdits {
  const { set = {}, add = {}, remove = [] } = changes;
  return { remove, set: fields(set), add: fields(add) };
}
