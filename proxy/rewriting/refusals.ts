import type { RewritingConfig } from '../../src/config/rewriting-config.ts';
import { PROXY_ERRORS, type ProxyErrorCode } from '../errors.ts';
import { headWith } from '../features/local-response.ts';
import { type ErrorPage, errorPage } from '../http1/error-answer.ts';
import { pageFor } from './error-pages-feature.ts';
import { applySteps, HeaderEdits } from './header-edits.ts';
import { securityFor } from './headers-feature.ts';

/** How a listener answers what could not be read as a request: there is no head to ask, and no route. */
export type Refusals = (code: ProxyErrorCode, scheme: string) => ErrorPage;

/** What holds where nothing is configured. */
export const PLAIN_REFUSALS: Refusals = (code) => errorPage(code);

/**
 * With the listener's page for the status, and its fields: those of the security preset, and those
 * whose values do not depend on a request.
 */
export function refusalsOf(config: RewritingConfig | undefined, listener: string): Refusals {
  if (config === undefined) return PLAIN_REFUSALS;
  const { headers, errorPages } = config;
  const edits = headers && new HeaderEdits(headers.response, listener);
  const steps = edits?.constantSteps() ?? [];
  return (code, scheme) => {
    const { status } = PROXY_ERRORS[code];
    const fields = new OwnFields();
    const page = pageFor(errorPages, status, true)?.page ?? null;
    const usual = errorPage(code);
    fields.add('Content-Type', page?.contentType ?? usual.contentType);
    fields.add('Cache-Control', 'no-store');
    applySteps(steps, fields);
    for (const { name, value } of securityFor(headers?.security ?? [], scheme)) {
      if (!fields.has(name)) fields.add(name, value);
    }
    const text = page === null ? usual.text : Buffer.from(page.body);
    return { ...usual, head: headWith(status, fields.list, text.length, NO_LINES), text };
  };
}

const NO_LINES = Buffer.alloc(0);

/** The fields of an answer that has no request. */
class OwnFields {
  list: (readonly [name: string, value: string])[] = [];

  has(name: string): boolean {
    return this.list.some(([known]) => known.toLowerCase() === name.toLowerCase());
  }

  remove(name: string): void {
    this.list = this.list.filter(([known]) => known.toLowerCase() !== name);
  }

  add(name: string, value: string): void {
    this.list.push([name, value]);
  }
}
