/** The config language as JSON Schema, for editors that complete and check YAML. */
import { z } from 'zod';
import { jsonForms } from './schema/field.ts';
import { configSchema } from './schema/index.ts';

/** JSON Schema (draft 2020-12) of a config file as it is written. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const form = jsonForms.get(zodSchema);
      if (form === undefined) return;
      delete jsonSchema.anyOf;
      Object.assign(jsonSchema, form);
    },
  });
  return { $schema, title: 'Tandem configuration', ...schema };
}
