import type { SplitConfig, SplitCookie } from '../../src/config/split-config.ts';
import type { FeatureRequest, RequestFeature, RouteFeature } from '../features/feature.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { cookieId, Split, type SplitChoice } from './split.ts';

/** Sends the requests of a route to one of several upstreams. */
export class SplitFeature implements RouteFeature {
  readonly name = 'split';
  readonly #split: Split;
  readonly #upstreams: readonly Upstream[];
  readonly #cookie: SplitCookie | null;
  /** A request that gets no cookie leaves nothing behind. */
  readonly #plain: RequestFeature = {
    request: (request) => {
      this.#send(request);
      return 'on';
    },
  };

  /** Throws RangeError when a share names an upstream that is not there. */
  constructor(config: SplitConfig, upstreams: ReadonlyMap<string, Upstream>) {
    this.#split = new Split(config);
    this.#cookie = config.cookie;
    this.#upstreams = config.shares.map(({ upstream: name }) => {
      const upstream = upstreams.get(name);
      if (upstream === undefined) throw new RangeError(`no upstream ${name}`);
      return upstream;
    });
  }

  begin(): RequestFeature {
    return this.#cookie === null ? this.#plain : this.#keeping(this.#cookie);
  }

  /** The answer tells the client's browser where it was sent, unless it said so itself. */
  #keeping(cookie: SplitCookie): RequestFeature {
    let choice: SplitChoice | null = null;
    let secure = false;
    return {
      request: (request) => {
        choice = this.#send(request);
        secure = request.client.scheme === 'https';
        return 'on';
      },
      response: (response) => {
        if (choice === null || choice.reason === 'cookie' || choice.reason === 'force') return;
        const id = cookieId(this.#split.upstreamOf(choice.share));
        response.add('Set-Cookie', cookieText(cookie, id, secure));
      },
    };
  }

  #send({ head, client, edits }: FeatureRequest): SplitChoice {
    const choice = this.#split.choose(head, client);
    edits.upstream = this.#upstreams[choice.share]!;
    return choice;
  }
}

function cookieText({ name, ttlMs }: SplitCookie, id: string, secure: boolean): string {
  const age = ttlMs === null ? '' : `; Max-Age=${Math.ceil(ttlMs / 1000)}`;
  return `${name}=${id}; Path=/${age}${secure ? '; Secure' : ''}; HttpOnly; SameSite=Lax`;
}
