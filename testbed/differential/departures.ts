/** Why Tandem differs where nginx and HAProxy agree: one sentence for each group of cases. */
import type { Result } from './result.ts';

interface Reason {
  /** Themes and names of cases. */
  readonly themes: RegExp;
  readonly names: RegExp;
  readonly why: string;
}

const LINE_END =
  'a line ends with CR LF: a bare LF splits bytes for some readers and not for others';
const CONTROL = 'control characters mean something to logs, terminals and some origins';
const NAMED = '`Connection` must not take away a field that the other side relies on';
const DIGITS = 'sixteen digits say every length there is';
const SPACES = 'a chunk size is digits: what stands beside them is read in several ways';

const REASONS: readonly Reason[] = [
  { themes: /./, names: /bare LF|bare LFs/, why: LINE_END },
  { themes: /two framings|^Connection$|response heads/, names: /Connection|^[HCAXFV]/, why: NAMED },
  {
    themes: /^Connection$/,
    names: /^Max-Forwards$/,
    why: 'OPTIONS with Max-Forwards: 0 goes no further (RFC 9110 7.6.2)',
  },
  {
    themes: /^Connection$/,
    names: /^a thousand names$/,
    why: 'at most 64 names: each is compared with every field of the head',
  },
  { themes: /Connection/, names: /malformed list/, why: 'names of fields are tokens' },
  { themes: /Content-Length|chunk/, names: /zeros|seventeen digits/, why: DIGITS },
  { themes: /chunk sizes/, names: /too large/, why: LINE_END },
  { themes: /chunk/, names: /space|tab/, why: SPACES },
  { themes: /extensions|field values|line ends/, names: /NUL|DEL|BEL|ESC|feed|tab/, why: CONTROL },
  {
    themes: /chunk/,
    names: /thousand bytes|many chunks/,
    why: 'chunk extensions are bounded, 4 KiB in a body: nobody uses them but attackers',
  },
  { themes: /trailers|chunks/, names: /trailer/, why: 'a trailer is as strict as a header field' },
  {
    themes: /request line|pipelining/,
    names: /empty lines/,
    why: 'two empty lines before a request are forgiven, no more',
  },
  { themes: /request line/, names: /spaces/, why: 'one space between the parts of a request line' },
  { themes: /versions|status line/, names: /HTTP/, why: 'only HTTP/1.0 and HTTP/1.1 are spoken' },
  {
    themes: /sizes/,
    names: /hundred fields/,
    why: 'a hundred fields by default (`limits.headers`)',
  },
  { themes: /Host/, names: /./, why: 'a host is a name or an address, perhaps with a port' },
  {
    themes: /targets/,
    names: /slash/,
    why: 'some origins take it for a slash and some do not, so rules about paths would not hold',
  },
  { themes: /Upgrade/, names: /body/, why: 'what follows an upgrade is no HTTP, a body would be' },
  { themes: /Upgrade/, names: /expectation/, why: 'only 100-continue can be expected (417)' },
  {
    themes: /early ends/,
    names: /half a body/,
    why: 'a request that was cut off is answered, 400',
  },
  { themes: /status line/, names: /^status \d/, why: 'a status is between 100 and 599' },
  { themes: /status line/, names: /spaces before/, why: 'one space before the status' },
  { themes: /status line/, names: /NUL/, why: CONTROL },
  {
    themes: /response framing/,
    names: /chunked|hidden response/,
    why: 'an answer with two framings, or chunked in HTTP/1.0, is no answer (RFC 9112 6.3)',
  },
  {
    themes: /response/,
    names: /space before (the|a) colon/,
    why: 'RFC 9112 5.1 has a proxy take the space out of a response',
  },
  {
    themes: /interim/,
    names: /HTTP\/1\.0/,
    why: 'the version of an interim response changes nothing about it',
  },
  { themes: /response heads/, names: /malformed Connection/, why: 'names of fields are tokens' },
];

/** The reason for a departure; null when there is none, which is a finding. */
export function departureReason({ theme, name }: Result): string | null {
  return REASONS.find((one) => one.themes.test(theme) && one.names.test(name))?.why ?? null;
}
