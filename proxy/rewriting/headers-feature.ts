import type { HeaderRules, SecurityField } from '../../src/config/rewriting-config.ts';
import type {
  FeatureRequest,
  RequestEdits,
  RequestFeature,
  RouteFeature,
} from '../features/feature.ts';
import type { ResponseEdit } from '../features/response-edit.ts';
import { applySteps, type EditedFields, HeaderEdits, type Step } from './header-edits.ts';

/** `headers` and `security_headers`: edits of every request and every response, errors included. */
export class HeadersFeature implements RouteFeature {
  readonly name = 'headers';
  readonly #request: HeaderEdits | null;
  readonly #response: HeaderEdits | null;
  readonly #security: readonly SecurityField[];

  constructor(rules: HeaderRules, listener: string) {
    const { request, response, security } = rules;
    this.#request = request.length === 0 ? null : new HeaderEdits(request, listener);
    this.#response = response.length === 0 ? null : new HeaderEdits(response, listener);
    this.#security = security;
  }

  begin(request: FeatureRequest): RequestFeature {
    // The head is another request's when the response comes, so values are taken of it now.
    const steps = this.#response?.steps(request) ?? NO_STEPS;
    const fields = securityFor(this.#security, request.client.scheme);
    return {
      request: () => {
        if (this.#request !== null) {
          applySteps(this.#request.steps(request), new RequestFields(request.edits));
        }
        return 'on';
      },
      response: (edit) => {
        applySteps(steps, edit);
        secure(edit, fields);
      },
    };
  }
}

const NO_STEPS: readonly Step[] = [];

/** The fields that say something to a client that spoke this. */
export function securityFor(
  fields: readonly SecurityField[],
  scheme: string,
): readonly SecurityField[] {
  return scheme === 'https' ? fields : fields.filter(({ secure }) => !secure);
}

function secure(edit: ResponseEdit, fields: readonly SecurityField[]): void {
  for (const { name, value } of fields) {
    if (edit.value(name.toLowerCase()) === null) edit.add(name, value);
  }
}

/** The fields of a request on its way to a server. */
class RequestFields implements EditedFields {
  readonly #edits: RequestEdits;

  constructor(edits: RequestEdits) {
    this.#edits = edits;
  }

  remove(name: string): void {
    const { without, lines } = this.#edits;
    if (!without.includes(name)) without.push(name);
    // Added before, by the listener's edits.
    for (let at = lines.length - 1; at >= 0; at--) {
      const text = lines[at]!.toString('latin1', 0, name.length + 1);
      if (text.toLowerCase() === `${name}:`) lines.splice(at, 1);
    }
  }

  add(name: string, value: string): void {
    this.#edits.lines.push(Buffer.from(`${name}: ${value}\r\n`, 'latin1'));
  }
}
