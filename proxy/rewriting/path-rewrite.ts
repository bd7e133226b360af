import type { RewriteConfig } from '../../src/config/rewriting-config.ts';
import { linearRegExp } from '../../src/os/linear-regexp.ts';
import { normalisePath } from '../http1/normalise-path.ts';
import { CompiledTemplate } from './template.ts';
import { IN_PATH } from './value-writer.ts';
import type { TemplateRequest } from './variables.ts';

/** A normalised path has none, so this one was put together by somebody who wants to climb. */
const DOT_SEGMENT = /(^|\/)(\.|%2e){1,2}(\/|$)/i;

/**
 * Makes another path of a normalised one: cut, replace, put before. What comes out is normalised again,
 * so no server sees a path that the rules here would have refused from a client.
 */
export class PathRewrite {
  readonly #strip: string | null;
  readonly #prefix: string;
  readonly #pattern: RegExp | null;
  readonly #with: CompiledTemplate | null;

  constructor(config: NonNullable<RewriteConfig['path']>, listener: string) {
    const { strip, replace, prefix } = config;
    this.#strip = strip;
    this.#prefix = prefix === null || prefix === '/' ? '' : prefix;
    this.#pattern = replace && linearRegExp(replace.pattern);
    this.#with = replace && new CompiledTemplate(replace.with, IN_PATH, listener);
  }

  /** The path to forward; null: it would be one that is refused. */
  rewrite(request: TemplateRequest): string | null {
    const replaced = this.#replace(this.#cut(request.path), request);
    if (replaced === null || DOT_SEGMENT.test(replaced)) return null;
    return normalisePath(this.#prefix + (replaced.startsWith('/') ? replaced : `/${replaced}`));
  }

  /** Whole segments only: `/api` is no prefix of `/apix`. */
  #cut(path: string): string {
    const strip = this.#strip;
    if (strip === null || strip === '/' || !path.startsWith(strip)) return path;
    const rest = path.slice(strip.length);
    return rest === '' || rest.startsWith('/') ? rest || '/' : path;
  }

  /** The first match only, as everybody's rewrite does. */
  #replace(path: string, request: TemplateRequest): string | null {
    const found = this.#pattern?.exec(path) ?? null;
    if (found === null) return path;
    const value = this.#with!.value(request, found);
    if (value === null) return null;
    return path.slice(0, found.index) + value + path.slice(found.index + found[0].length);
  }
}
