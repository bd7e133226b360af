/** Walking the schema itself: what keys are known at a place, for suggestions and documents. */
import { z } from 'zod';

/** The schema inside optional and prefault wrappers. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodPrefault) {
    inner = inner.unwrap();
  }
  return inner;
}

/** The alternatives of a union, one level deep after unwrapping; a single one otherwise. */
export function alternatives(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const inner = unwrap(schema);
  return inner instanceof z.ZodUnion ? inner.options.flatMap(alternatives) : [inner];
}

/** What the next step of a path leads to; several where unions leave it open. */
function stepInto(schema: z.core.$ZodType, step: PropertyKey): readonly z.core.$ZodType[] {
  return alternatives(schema).flatMap((inner) => {
    if (inner instanceof z.ZodObject) {
      const child: z.core.$ZodType | undefined = inner.shape[String(step)];
      return child === undefined ? [] : [child];
    }
    if (inner instanceof z.ZodRecord) return [inner.valueType];
    return inner instanceof z.ZodArray ? [inner.element] : [];
  });
}

/** The schemas that may stand at `path`, wrappers and documentation included. */
export function schemasAt(
  root: z.core.$ZodType,
  path: readonly PropertyKey[],
): readonly z.core.$ZodType[] {
  return path.reduce<readonly z.core.$ZodType[]>(
    (schemas, step) => schemas.flatMap((schema) => stepInto(schema, step)),
    [root],
  );
}

/** Keys known at `path`. Of a union of maps only those whose literal keys agree with `value`. */
export function keysAt(
  root: z.core.$ZodType,
  path: readonly PropertyKey[],
  value: unknown,
): readonly string[] {
  const keys = schemasAt(root, path)
    .flatMap(alternatives)
    .flatMap((inner) => {
      return inner instanceof z.ZodObject && agrees(inner, value) ? Object.keys(inner.shape) : [];
    });
  return [...new Set(keys)];
}

function agrees(object: z.ZodObject, value: unknown): boolean {
  return Object.entries(object.shape).every(([key, child]) => {
    if (!(child instanceof z.ZodLiteral)) return true;
    const found = (value as Record<string, unknown> | null | undefined)?.[key];
    return found === undefined || child.values.has(found as z.core.util.Literal);
  });
}
