/** What `tandem purge` names, as a test of keys and tags. */
import { normalisePath } from '../http1/normalise-path.ts';
import { urlOfKey } from './cache-key.ts';
import type { PurgeTest } from './store.ts';

/** What is to go. `url` and `prefix`: a whole URL, or a path for all hosts. */
export type PurgeTarget =
  | { readonly kind: 'all' }
  | { readonly kind: 'url' | 'prefix' | 'tag'; readonly text: string };

/** Parts of a URL; null: the key, or the operator, does not say it. */
interface UrlParts {
  readonly scheme: string | null;
  readonly host: string | null;
  readonly path: string | null;
  /** With its question mark; '' without one. */
  readonly query: string;
}

/** The test; null stands for everything. Throws RangeError for what is no URL, path or tag. */
export function purgeTest(target: PurgeTarget): PurgeTest | null {
  switch (target.kind) {
    case 'all':
      return null;
    case 'tag':
      return tagTest(target.text);
    default:
      return urlTest(partsOf(target.text), target.kind === 'prefix');
  }
}

function tagTest(tag: string): PurgeTest {
  if (!/^[^\s,]{1,256}$/.test(tag)) throw new RangeError('a tag is one word');
  return (_key, tags) => tags.length > 0 && tags.toString('latin1').split(' ').includes(tag);
}

/** A key's part that is left out matches any: the route does not tell responses apart by it. */
function urlTest(wanted: UrlParts, prefix: boolean): PurgeTest {
  return ({ bytes, start, end }) => {
    const found = partsOfKey(urlOfKey(bytes, start, end));
    if (!agrees(found.scheme, wanted.scheme) || !agrees(found.host, wanted.host)) return false;
    if (found.path === null || wanted.path === null) return true;
    if (prefix) return (found.path + found.query).startsWith(wanted.path + wanted.query);
    return found.path === wanted.path && holds(wanted.query, found.query);
  };
}

function agrees(found: string | null, wanted: string | null): boolean {
  return found === null || wanted === null || found === wanted;
}

/** A key may have some parameters of a query only, or none. */
function holds(query: string, part: string): boolean {
  if (query === part || part === '') return true;
  const pairs = query.slice(1).split('&');
  return part
    .slice(1)
    .split('&')
    .every((pair) => pairs.includes(pair));
}

function partsOf(text: string): UrlParts {
  if (text.startsWith('/')) {
    const [path = '', ...query] = text.split('?');
    return { scheme: null, host: null, path: normal(path), query: after(query) };
  }
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new RangeError('a URL begins with http:// or https://, a path with /');
  }
  const question = text.indexOf('?');
  return {
    scheme: url.protocol.slice(0, -1),
    host: url.host,
    path: normal(url.pathname),
    query: question < 0 ? '' : text.slice(question),
  };
}

function after(query: readonly string[]): string {
  return query.length === 0 ? '' : `?${query.join('?')}`;
}

function normal(path: string): string {
  const normalised = normalisePath(path);
  if (normalised === null) throw new RangeError('such a path is always refused');
  return normalised;
}

const KEY = /^(?:([a-z]+):)?\/\/([^/?]*)(\/[^?]*)?(\?.*)?$/s;

function partsOfKey(url: string): UrlParts {
  const [, scheme = null, host = '', path = null, query = ''] = KEY.exec(url) ?? [];
  return { scheme, host: host === '' ? null : host, path, query };
}
