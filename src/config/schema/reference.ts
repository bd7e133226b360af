/** The schema as a tree of documented keys: what docs/CONFIG.md is written from. */
import { z } from 'zod';
import { type FieldDoc, fieldDocs } from './field.ts';
import { alternatives } from './walk.ts';

/** One documented key. */
export interface ReferenceKey extends FieldDoc {
  readonly key: string;
  /** `listeners.NAME.routes[].match`; unique but for the keys that alternatives share. */
  readonly path: string;
  readonly kind: 'scalar' | 'map' | 'list' | 'named';
  /** Keys inside, of every alternative, in the order of the schema; empty for scalars. */
  readonly children: readonly ReferenceKey[];
}

/** The documented keys of a schema, depth first. `path` leads to the schema. */
export function referenceKeys(schema: z.core.$ZodType, path = ''): readonly ReferenceKey[] {
  const keys = new Map<string, ReferenceKey>();
  for (const inner of alternatives(schema)) {
    const entries = inner instanceof z.ZodObject ? Object.entries(inner.shape) : [];
    for (const [key, child] of entries) {
      const doc = fieldDocs.get(child);
      if (doc === undefined) throw new Error(`the key ${key} has no documentation`);
      const own = path === '' ? key : `${path}.${key}`;
      const children = inside(child, own);
      const kind = children.length === 0 ? 'scalar' : kindOf(child);
      const found = { ...doc, key, path: own, kind, children } as const;
      const known = keys.get(key);
      keys.set(key, known === undefined ? found : both(known, found));
    }
  }
  return [...keys.values()];
}

/** Two kinds of listener have `limits`: the one with more to say stands for both, with the keys of both. */
function both(left: ReferenceKey, right: ReferenceKey): ReferenceKey {
  const [more, less] =
    left.children.length >= right.children.length ? [left, right] : [right, left];
  const known = new Set(more.children.map(({ key }) => key));
  const others = less.children.filter(({ key }) => !known.has(key));
  return { ...more, children: [...more.children, ...others] };
}

/** Of what has keys inside: one map, a list of maps, or maps by name. */
function kindOf(schema: z.core.$ZodType): ReferenceKey['kind'] {
  const inner = alternatives(schema)[0];
  if (inner instanceof z.ZodArray) return 'list';
  return inner instanceof z.ZodRecord ? 'named' : 'map';
}

function inside(schema: z.core.$ZodType, path: string): readonly ReferenceKey[] {
  return alternatives(schema).flatMap((inner) => {
    if (inner instanceof z.ZodObject) return referenceKeys(inner, path);
    if (inner instanceof z.ZodArray) return referenceKeys(inner.element, `${path}[]`);
    if (inner instanceof z.ZodRecord) return referenceKeys(inner.valueType, `${path}.NAME`);
    return [];
  });
}
