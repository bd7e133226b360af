/** RFC 9111 section 5, RFC 5861 and RFC 9213. */
import { test } from '../conformance/evidence.ts';
import { row, type Subject } from '../http-checklist/row.ts';
import { control, refused, rules, serving, stale, validating } from './tests.ts';

/** Fields and directives. */
export const fields: Subject = {
  title: 'Fields (section 5), and RFC 5861, 9213',
  rows: [
    row(
      '9111 5.1',
      'Of a list in Age the first counts, what is no number does not.',
      'as asked',
      rules(
        'freshness',
        'the age (RFC 9111 4.2.3)',
        'by an Age that is a list is its first, and by one that is none nothing (RFC 9111 5.1)',
      ),
    ),
    row(
      '9111 5.2',
      'Directives are known in any case, arguments as token or quoted.',
      'both',
      control('is a list of directives in any case, with and without arguments'),
      control('may have its arguments as a token or in quotes'),
    ),
    row(
      '9111 5.2.1',
      'Directives of requests are advisory.',
      'off by default; on, each is kept',
      rules('reuse', 'what a client asks for', 'max-age: nothing older'),
      rules('reuse', 'what a client asks for', 'min-fresh: nothing that is stale sooner'),
      rules('reuse', 'what a client asks for', 'max-stale: what is stale, for so long or any time'),
    ),
    row(
      '9111 5.2.1.5',
      'no-store of a request: MUST NOT store.',
      'where clients count',
      refused('when the request says no-store and clients count'),
    ),
    row(
      '9111 5.2.1.7',
      'only-if-cached: stored, or 504.',
      'where clients count',
      test(
        'proxy/cache/conditions.test.ts',
        'what clients ask for, where it counts',
        'only-if-cached is answered from the store or with 504',
      ),
    ),
    row(
      '9111 5.2.2.2',
      'must-revalidate: MUST NOT be used stale; an error when the server is not there.',
      '502 or 504',
      stale('with must-revalidate is an error when the server is not there (RFC 9111 5.2.2.2)'),
    ),
    row(
      '9111 5.2.2.4',
      'no-cache: MUST NOT be used without validation.',
      'validated each time',
      stale('with no-cache is validated each time (RFC 9111 5.2.2.4)'),
      rules('reuse', 'a stored response', 'with no-cache is never used unasked, fresh or not'),
    ),
    row(
      '9111 5.2.2.6',
      'no-transform: MUST NOT change the content.',
      'the cache changes none',
      serving('a response that may be stored', 'comes from the store the next time, with its age'),
    ),
    row(
      '9111 5.2.2.8, 5.2.2.10',
      'proxy-revalidate and s-maxage: as must-revalidate, for shared caches.',
      'as asked',
      rules(
        'reuse',
        'a stale response with %s',
        'is not used without validation, whatever client and route say',
      ),
    ),
    row(
      '9111 5.2.3',
      'Unknown directives MUST be ignored.',
      'they are',
      control('with unknown directives says no more than without'),
    ),
    row(
      '9111 5.3',
      'An Expires that is no date, 0 above all, MUST be taken for over.',
      'it is',
      rules(
        'freshness',
        'the freshness lifetime (RFC 9111 4.2.1)',
        'by an Expires that is no date is over: %s (RFC 9111 5.3) [0]',
      ),
    ),
    row(
      '9111 5.3',
      'With max-age or s-maxage Expires MUST be ignored.',
      'it is',
      rules(
        'freshness',
        'the freshness lifetime (RFC 9111 4.2.1)',
        'is that of s-maxage, then max-age, then Expires',
      ),
    ),
    row(
      '9111 5.4',
      'Pragma: no-cache counts where there is no Cache-Control.',
      'where clients count',
      test(
        'proxy/cache/conditions.test.ts',
        'what clients ask for, where it counts',
        'no-cache, or Pragma alone, asks the server',
      ),
    ),
    row(
      '5861 3',
      'stale-while-revalidate: used at once, and fetched anew.',
      'by one request',
      stale('is sent at once while one request fetches it anew (RFC 5861 3)'),
    ),
    row(
      '5861 4',
      'stale-if-error: in place of 500, 502, 503, 504 and of no answer.',
      'as asked',
      stale('stands in for a %i as long as stale-if-error says'),
      stale('stands in for a server that is not there, by the rule of the route'),
    ),
    row(
      '9213 2.1',
      'A targeted field MUST count in place of Cache-Control and Expires.',
      'CDN-Cache-Control',
      rules(
        'targeted',
        'CDN-Cache-Control (RFC 9213)',
        'counts in place of Cache-Control and Expires',
      ),
    ),
    row(
      '9213 2.1',
      'One that is empty or broken MUST be ignored.',
      'it is',
      rules(
        'targeted',
        'CDN-Cache-Control (RFC 9213)',
        'with a mistake or without content (%j) counts as if it were not there',
      ),
    ),
    row(
      '9110 13.1.5',
      'If-Range MUST be compared strongly.',
      'it is',
      rules('precondition', 'If-Range', 'is compared strongly with the tag'),
      validating('ranges', 'are all of it when If-Range does not hold'),
    ),
    row(
      '9110 14.2',
      'A range that is not there: 416 with the length.',
      'as asked',
      validating('ranges', 'are parts of what is stored, as the whole and the memory has it'),
    ),
  ],
};
