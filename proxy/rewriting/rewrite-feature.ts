import type { RewriteConfig } from '../../src/config/rewriting-config.ts';
import type { FeatureRequest, Outcome, RequestFeature, RouteFeature } from '../features/feature.ts';
import { isAuthority } from '../http1/authority.ts';
import { PathRewrite } from './path-rewrite.ts';
import { QueryRewrite } from './query-rewrite.ts';
import { CompiledTemplate } from './template.ts';
import { IN_FIELD } from './value-writer.ts';

/** `rewrite`: another path, query and host for servers. What it is asked for has been routed already. */
export class RewriteFeature implements RouteFeature, RequestFeature {
  readonly name = 'rewrite';
  readonly #path: PathRewrite | null;
  readonly #query: QueryRewrite | null;
  readonly #host: CompiledTemplate | null;

  constructor({ path, query, host }: RewriteConfig, listener: string) {
    this.#path = path && new PathRewrite(path, listener);
    this.#query = query && new QueryRewrite(query, listener);
    this.#host = host && new CompiledTemplate(host, IN_FIELD, listener);
  }

  begin(): RequestFeature {
    return this;
  }

  request(request: FeatureRequest): Outcome {
    if (this.#host !== null && !this.#rewriteHost(this.#host, request)) {
      request.fail('bad_host');
      return 'answered';
    }
    // `OPTIONS *` has no path.
    if (request.head.asterisk || this.#rewriteTarget(request)) return 'on';
    request.fail('bad_target');
    return 'answered';
  }

  #rewriteTarget(request: FeatureRequest): boolean {
    if (this.#path === null && this.#query === null) return true;
    const { bytes, targetStart, pathEnd, targetEnd } = request.head;
    const raw = request.route?.config.rawPath === true && pathEnd > targetStart;
    const came = raw ? bytes.toString('latin1', targetStart, pathEnd) : request.path;
    const path = this.#path === null ? came : this.#path.rewrite(request);
    const query = bytes.toString('latin1', pathEnd, targetEnd);
    const changed = this.#query === null ? query : this.#query.rewrite(query, request);
    if (path === null || changed === null) return false;
    request.edits.target = path + changed;
    return true;
  }

  /** What it comes out as has to be a host: it may be made of what a client sent. */
  #rewriteHost(host: CompiledTemplate, request: FeatureRequest): boolean {
    const value = Buffer.from(host.value(request) ?? '', 'latin1');
    if (!isAuthority(value, 0, value.length)) return false;
    request.edits.host = value.toString('latin1');
    return true;
  }
}
