import type { CorsConfig } from '../../src/config/rewriting-config.ts';
import type { FeatureRequest, Outcome, RequestFeature, RouteFeature } from '../features/feature.ts';
import { localResponse } from '../features/local-response.ts';
import type { ResponseEdit } from '../features/response-edit.ts';
import type { RequestHead } from '../http1/head.ts';
import { type CorsField, CorsRules } from './cors.ts';

/** What servers may not say beside us. */
const FIELDS = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-expose-headers',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-max-age',
];

/** `cors` on the way out: every answer says which sites' pages may read it. */
export class CorsFeature implements RouteFeature {
  readonly name = 'cors';
  readonly #rules: CorsRules;

  constructor(config: CorsConfig) {
    this.#rules = new CorsRules(config);
  }

  begin({ head }: FeatureRequest): RequestFeature {
    const { varies } = this.#rules;
    const preflight = isPreflight(head);
    const fields = preflight ? [] : this.#rules.fieldsFor(only(head, 'origin'));
    return {
      response(response) {
        // The preflight's answer has its own, if it was we who gave it.
        if (!preflight) allow(response, fields);
        if (varies) vary(response);
      },
    };
  }
}

/** `cors` on the way in: answers preflights, so that servers never see any. */
export class PreflightFeature implements RouteFeature, RequestFeature {
  readonly name = 'preflight';
  readonly #rules: CorsRules;

  constructor(config: CorsConfig) {
    this.#rules = new CorsRules(config);
  }

  begin({ head }: FeatureRequest): RequestFeature | null {
    return isPreflight(head) ? this : null;
  }

  request(request: FeatureRequest): Outcome {
    const { head } = request;
    const fields = this.#rules.preflight({
      origin: only(head, 'origin') ?? '',
      method: only(head, 'access-control-request-method') ?? '',
      headers: only(head, 'access-control-request-headers') ?? '',
    });
    request.answer(localResponse(204, fields, ''));
    return 'answered';
  }
}

function allow(response: ResponseEdit, fields: readonly CorsField[]): void {
  for (const name of FIELDS) response.remove(name);
  for (const [name, value] of fields) response.add(name, value);
}

/** Caches keep what is for one origin from the others. */
function vary(response: ResponseEdit): void {
  const value = response.value('vary');
  const names = (value ?? '').split(',').map((name) => name.trim().toLowerCase());
  if (!names.includes('*') && !names.includes('origin')) response.add('Vary', 'Origin');
}

/** A page asks whether it may ask (Fetch 3.2.2). */
function isPreflight(head: RequestHead): boolean {
  return (
    head.method === 'OPTIONS' &&
    head.findNamed('origin') >= 0 &&
    head.findNamed('access-control-request-method') >= 0
  );
}

/** The value of a field that is there once. */
function only(head: RequestHead, name: string): string | null {
  const at = head.findNamed(name);
  return at < 0 || head.findNamed(name, at + 1) >= 0 ? null : head.value(at);
}
