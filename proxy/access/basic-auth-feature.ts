import type { BasicAuthConfig } from '../../src/config/rewriting-config.ts';
import type { FeatureRequest, Outcome, RequestFeature, RouteFeature } from '../features/feature.ts';
import { type LocalResponse, localResponse } from '../features/local-response.ts';
import { basicCredentials } from '../http1/basic-credentials.ts';
import type { Logger } from '../ports.ts';
import { type Attempt, PasswordChecks, type Verdict } from './password-checks.ts';
import { UsersFile } from './users-file.ts';

/** One for all routes of a worker: it is the work that is bounded. */
let workerChecks: PasswordChecks | null = null;

/** The feature of a route; null: it asks for no passwords. `now`: milliseconds, monotonic. */
export function basicAuthOf(
  config: BasicAuthConfig | null | undefined,
  { log, now }: { readonly log: Logger; now(): number },
): BasicAuthFeature | null {
  if (config === null || config === undefined) return null;
  workerChecks ??= new PasswordChecks(now);
  const users = new UsersFile(config.users, config.plain, log, now);
  return new BasicAuthFeature(config, { users, checks: workerChecks });
}

/** What the feature gets. */
export interface BasicAuthParts {
  readonly users: UsersFile;
  readonly checks: PasswordChecks;
}

/** `basic_auth`: who has no name and password is answered 401. */
export class BasicAuthFeature implements RouteFeature {
  readonly name = 'basic_auth';
  readonly #config: BasicAuthConfig;
  readonly #parts: BasicAuthParts;
  readonly #refusal: LocalResponse;

  constructor(config: BasicAuthConfig, parts: BasicAuthParts) {
    this.#config = config;
    this.#parts = parts;
    const fields = [
      ['WWW-Authenticate', `Basic realm="${config.realm}"`],
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Cache-Control', 'no-store'],
    ] as const;
    const text = '401 Unauthorized: a name and a password are needed here\n';
    this.#refusal = { ...localResponse(401, fields, text), error: true };
  }

  begin(): RequestFeature {
    let over = false;
    return {
      request: (request) => this.#request(request, () => over),
      over: () => {
        over = true;
      },
    };
  }

  #request(request: FeatureRequest, isOver: () => boolean): Outcome {
    const { checks } = this.#parts;
    const users = this.#parts.users.users();
    if (users === null) {
      request.fail('auth_unavailable');
      return 'answered';
    }
    const credentials = basicCredentials(request.head);
    const [someone] = users.passwords.values();
    const stored = credentials === null ? undefined : users.passwords.get(credentials.user);
    const compared = stored ?? someone;
    if (credentials === null || compared === undefined) return this.#conclude('bad', request);
    const { address } = request.client;
    const known = stored !== undefined;
    const attempt: Attempt = { ...credentials, stored: compared, known, address };
    if (known && checks.known(attempt) === 'good') return this.#conclude('good', request);
    void checks.check(attempt).then((verdict) => {
      if (!isOver() && this.#conclude(verdict, request) === 'on') request.goOn();
    });
    return 'wait';
  }

  #conclude(verdict: Verdict, request: FeatureRequest): Outcome {
    switch (verdict) {
      case 'good':
        if (!this.#config.forward) request.edits.without.push('authorization');
        return 'on';
      case 'bad':
        request.answer(this.#refusal);
        return 'answered';
      case 'busy':
        request.fail('auth_busy');
        return 'answered';
      case 'flood':
        request.fail('auth_flood');
        return 'answered';
      case 'broken':
        request.fail('auth_unavailable');
        return 'answered';
    }
  }
}
