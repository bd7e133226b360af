/** What of /etc/resolv.conf (resolv.conf(5)) matters here: name servers and how names are completed. */
import { isIP } from 'node:net';
import { SYSTEM_SEARCH_MAX, SYSTEM_SERVERS_MAX } from './limits.ts';

export interface ResolvConf {
  /** Addresses, an IPv6 one without brackets and perhaps with a zone. */
  readonly servers: readonly string[];
  /** Domains that short names are tried in. */
  readonly search: readonly string[];
  /** A name with fewer dots is tried in the search domains first. */
  readonly ndots: number;
}

const NDOTS_MAX = 15;

/** Reads the file's text; what cannot be understood is skipped, as the C library does. */
export function parseResolvConf(text: string): ResolvConf {
  const servers: string[] = [];
  let search: string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    // A comment is a line; what follows a value on its line is no comment to the C library.
    const [keyword, ...values] = line.split(/\s+/).filter((word) => word !== '');
    if (keyword === 'nameserver' && isIP(values[0] ?? '') !== 0) servers.push(values[0]!);
    if (keyword === 'search' || keyword === 'domain') {
      search = values.map(plainDomain).filter((domain) => domain !== '');
    }
    if (keyword !== 'options') continue;
    for (const option of values) {
      const written = /^ndots:([0-9]{1,4})$/.exec(option)?.[1];
      if (written !== undefined) ndots = Math.min(Number(written), NDOTS_MAX);
    }
  }
  return {
    servers: servers.slice(0, SYSTEM_SERVERS_MAX),
    search: search.slice(0, SYSTEM_SEARCH_MAX),
    ndots,
  };
}

/** The names to try for `name`, in order; each once. */
export function candidateNames(
  name: string,
  { search, ndots }: Pick<ResolvConf, 'search' | 'ndots'>,
): readonly string[] {
  const completed = search.map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  const ordered = dots < ndots ? [...completed, name] : [name, ...completed];
  return [...new Set(ordered)].filter((candidate) => candidate.length <= NAME_LENGTH_MAX);
}

/** RFC 1035 section 2.3.4, as text without the dot at the end. */
const NAME_LENGTH_MAX = 253;

function plainDomain(written: string): string {
  return written.toLowerCase().replace(/\.+$/, '');
}
