import type {
  FieldTemplate,
  FixedResponse,
  RedirectConfig,
} from '../../src/config/rewriting-config.ts';
import type { FeatureRequest, Outcome, RequestFeature, RouteFeature } from '../features/feature.ts';
import { type LocalResponse, localResponse } from '../features/local-response.ts';
import { LineBudget } from './added-lines.ts';
import { CompiledTemplate } from './template.ts';
import { IN_FIELD, IN_URL } from './value-writer.ts';

/** Answers a request itself; null: its target is longer than an answer can say. */
export type Responder = (request: FeatureRequest) => LocalResponse | null;

/** `redirect` and `respond`: no server is asked. */
export class RespondFeature implements RouteFeature, RequestFeature {
  readonly name = 'respond';
  readonly #respond: Responder;

  constructor(respond: Responder) {
    this.#respond = respond;
  }

  begin(): RequestFeature {
    return this;
  }

  request(request: FeatureRequest): Outcome {
    const response = this.#respond(request);
    if (response === null) request.fail('target_too_long');
    else request.answer(response);
    return 'answered';
  }
}

/** A path may not begin like the address of another host. */
const OTHER_HOST = /^\/[/\\]+/;
/** Content of a redirect, for whoever does not follow it by himself (RFC 9110 15.4). */
const MOVED = 'it is elsewhere: see Location\n';

/** Sends clients elsewhere. What of the target a client chose is encoded, and never a host. */
export function redirecting({ status, to }: RedirectConfig, listener: string): Responder {
  const target = new CompiledTemplate(to, IN_URL, listener);
  return (request) => {
    const location = target.value(request)?.replace(OTHER_HOST, '/') ?? null;
    if (location === null) return null;
    const fields = [['Location', location] as const, PLAIN];
    return localResponse(status, fields, MOVED);
  };
}

const PLAIN = ['Content-Type', 'text/plain; charset=utf-8'] as const;

/** Always the same answer, but for variables in its fields. */
export function fixed({ status, page, fields }: FixedResponse, listener: string): Responder {
  const compiled = fields.map(({ name, value }: FieldTemplate) => ({
    name,
    value: new CompiledTemplate(value, IN_FIELD, listener),
  }));
  const body = Buffer.from(page?.body ?? '');
  const type = page === null ? [] : [['Content-Type', page.contentType] as const];
  const typed = fields.some(({ name }) => name.toLowerCase() === 'content-type');
  return (request) => {
    const given: (readonly [string, string])[] = typed ? [] : [...type];
    const budget = new LineBudget();
    for (const { name, value } of compiled) {
      const text = value.value(request) ?? '';
      if (text !== '' && budget.takes(name, text)) given.push([name, text]);
    }
    return localResponse(status, given, body);
  };
}

/** Is the balancer ready? For health probes of whoever is before it. */
export function readiness(ready: () => boolean): Responder {
  const fields = [PLAIN, ['Cache-Control', 'no-store'] as const];
  return () => {
    if (ready()) return localResponse(200, fields, 'ready\n');
    return localResponse(503, [...fields, ['Retry-After', '1']], 'not ready\n');
  };
}
