import type { ErrorPageConfig } from '../../src/config/rewriting-config.ts';
import type { RequestFeature, RouteFeature } from '../features/feature.ts';
import type { ResponseEdit } from '../features/response-edit.ts';
import type { ResponseHead } from '../http1/head.ts';
import { pageResponse } from './page.ts';

type Fields = readonly (readonly [name: string, value: string])[];

/** What a page says itself. */
const OF_THE_PAGE = ['content-type', 'content-length', 'cache-control'];
/** What of a server's answer is true of the page that comes in its place. */
const OF_THE_ANSWER = ['www-authenticate', 'proxy-authenticate', 'allow', 'retry-after'];

/** `error_pages`: pages of the operator's in place of our own lines of text, or of servers' answers. */
export class ErrorPagesFeature implements RouteFeature, RequestFeature {
  readonly name = 'error_pages';
  readonly #pages: readonly ErrorPageConfig[];

  /** The first page that fits is taken. */
  constructor(pages: readonly ErrorPageConfig[]) {
    this.#pages = pages;
  }

  begin(): RequestFeature {
    return this;
  }

  response(response: ResponseEdit): void {
    const { status, error, head } = response;
    if (status < 400) return;
    const found = pageFor(this.#pages, status, error);
    if (found === null) return;
    const fields = error
      ? fieldsOf(head, (name) => !OF_THE_PAGE.includes(name))
      : fieldsOf(head, (name) => OF_THE_ANSWER.includes(name));
    response.replace(pageResponse(status, found.page, fields));
  }
}

/** The page for an answer; `own`: it is an error of ours. */
export function pageFor(
  pages: readonly ErrorPageConfig[],
  status: number,
  own: boolean,
): ErrorPageConfig | null {
  const fits = ({ from, to, intercept }: ErrorPageConfig) =>
    from <= status && status <= to && (own || intercept);
  return pages.find(fits) ?? null;
}

function fieldsOf(head: ResponseHead, wanted: (name: string) => boolean): Fields {
  const fields: [string, string][] = [];
  for (let index = 0; index < head.fieldCount; index++) {
    const name = head.name(index);
    if (wanted(name.toLowerCase())) fields.push([name, head.value(index)]);
  }
  return fields;
}
