import type { Http2Config } from '../../src/config/http2-config.ts';
import type { HttpContext } from '../http1/http-context.ts';
import type { IdentityRules } from '../http1/identity-rules.ts';
import type { AbusiveSources } from './abusive-sources.ts';
import type { RequestText } from './request-text.ts';

/** What the sessions of one listener share. */
export interface SessionParts {
  readonly context: HttpContext;
  readonly config: Http2Config;
  /** The listener, for logs. */
  readonly name: string;
  /** As the context's, with our `Via` for HTTP/2. */
  readonly identityRules: IdentityRules;
  /** The SETTINGS frame. */
  readonly settings: Buffer;
  /** Whom we sent away lately. */
  sources: AbusiveSources;
  /** What sessions go on with after a reload; null where the context has an heir: they come to an end. */
  heir: SessionParts | null;
  /** Where every request of the listener is written: used up before the next. */
  readonly text: RequestText;
}
