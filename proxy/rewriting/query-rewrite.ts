import type { FieldTemplate, RewriteConfig } from '../../src/config/rewriting-config.ts';
import { CompiledTemplate } from './template.ts';
import { IN_ARGUMENT } from './value-writer.ts';
import type { TemplateRequest } from './variables.ts';

interface Argument {
  readonly name: string;
  readonly value: CompiledTemplate;
}

/**
 * Removes, sets and adds arguments of a query. Those that stay are not touched: their order, their
 * encoding and what is no argument at all are the client's.
 */
export class QueryRewrite {
  readonly #without: ReadonlySet<string>;
  readonly #added: readonly Argument[];

  constructor(config: NonNullable<RewriteConfig['query']>, listener: string) {
    const compiled = ({ name, value }: FieldTemplate): Argument => ({
      name,
      value: new CompiledTemplate(value, IN_ARGUMENT, listener),
    });
    this.#without = new Set([...config.remove, ...config.set.map(({ name }) => name)]);
    this.#added = [...config.set, ...config.add].map(compiled);
  }

  /** The query with its `?`, '' for none; `query` is what came, with its `?`. Null: it is too long. */
  rewrite(query: string, request: TemplateRequest): string | null {
    const kept = query
      .slice(1)
      .split('&')
      .filter((argument) => argument !== '' && !this.#without.has(nameOf(argument)));
    for (const { name, value } of this.#added) {
      const text = value.value(request);
      if (text === null) return null;
      // An argument whose value comes out empty is not one that was given.
      if (text !== '') kept.push(`${name}=${text}`);
    }
    return kept.length === 0 ? '' : `?${kept.join('&')}`;
  }
}

/** As servers read it: encoded or not, it is the same name. */
function nameOf(argument: string): string {
  const name = argument.split('=', 1)[0]!.replaceAll('+', ' ');
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
