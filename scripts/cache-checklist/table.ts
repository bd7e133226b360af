/** RFC 9111, requirement by requirement, and what shows that the cache keeps it. */
import { departs, notApplicable, row, type Subject } from '../http-checklist/row.ts';
import { fields } from './fields.ts';
import { control, refused, rules, serving, stale, validating } from './tests.ts';

/** What may be stored. */
const storing: Subject = {
  title: 'Storing (sections 1 to 3)',
  rows: [
    row(
      '9111 1.2.2',
      'A delta-seconds beyond 2^31 MUST be taken for 2^31.',
      'it is',
      control('cuts what is larger than 2^31 (RFC 9111 1.2.2)'),
    ),
    row(
      '9111 2',
      'The key MUST have the target URI in it.',
      'scheme, host, path and query, unless the operator says otherwise',
      serving('a response that may be stored', 'is that of its URL: scheme, host, path and query'),
    ),
    row(
      '9111 3',
      'A response MUST NOT be stored unless the method is understood.',
      'GET only',
      refused('to %s [HEAD]'),
      serving('methods', '%s goes to the server, and is not stored [POST]'),
    ),
    row(
      '9111 3',
      '... unless the status is final, and 206 and 304 only by who understands them.',
      'neither is stored',
      refused('with status %i, which is no response by itself'),
    ),
    row(
      '9111 3, 5.2.2.5',
      '... with no-store.',
      'it is not',
      refused('with no-store, in any case and with any argument'),
      serving(
        'a response that may not be stored',
        'with %s goes to each client anew, and nobody waits for it [no-store]',
      ),
    ),
    row(
      '9111 3, 5.2.2.7',
      '... with private, by a shared cache.',
      'it is not, with field names neither',
      refused('with private, with fields or without'),
    ),
    row(
      '9111 3, 3.5',
      '... to a request with Authorization, unless the response allows it.',
      'only with public, s-maxage or must-revalidate',
      refused('to a request with Authorization, unless it says so'),
      serving(
        'a response that may not be stored',
        'to a request with Authorization is stored only where it says so (RFC 9111 3.5)',
      ),
    ),
    row(
      '9111 3',
      '... without public, a lifetime, or a status that allows a guess.',
      'it is not',
      refused('without anything that says how long it is fresh'),
    ),
    row(
      '9111 3, 5.2.2.3',
      'must-understand: MUST NOT store what is not understood.',
      'it is not; known statuses override no-store',
      refused('with must-understand when its status is not understood'),
      rules(
        'storable',
        'must-understand (RFC 9111 5.2.2.3)',
        'lets a response with no-store be stored whose status is understood',
      ),
    ),
    row(
      '9111 3.1',
      'All fields of the response MUST be stored, unknown ones too.',
      'as they came',
      serving(
        'a response that may be stored',
        'keeps none of the fields of one hop, of proxies, nor cookies (RFC 9111 3.1)',
      ),
    ),
    row(
      '9111 3.1',
      'Fields of one hop, those that Connection names, and those of proxies MUST NOT be.',
      'left out',
      serving(
        'a response that may be stored',
        'keeps none of the fields of one hop, of proxies, nor cookies (RFC 9111 3.1)',
      ),
    ),
    row(
      '9111 3.2',
      'A 304 MUST replace the stored fields of the same names.',
      'all but Content-Encoding, Content-Type and Content-Range, as allowed',
      stale('is validated by its tag and date, and updated by the 304 (RFC 9111 4.3.1, 4.3.4)'),
    ),
    row(
      '9111 3.3',
      'An incomplete response MUST NOT be used as a complete one.',
      'not stored',
      serving('a response that may be stored', 'that breaks off is not stored (RFC 9111 3.3): %j'),
    ),
    row(
      '9111 3.4',
      'Parts are combined only with the same strong validator.',
      notApplicable('parts are never stored'),
      validating(
        'ranges',
        'that begin soon make the cache fetch all of it; later ones pass, and 206 is not stored',
      ),
    ),
  ],
};

/** What may be used. */
const using: Subject = {
  title: 'Using what is stored (section 4)',
  rows: [
    row(
      '9111 4',
      'MUST NOT be used for another URI.',
      'keys are compared byte by byte',
      serving('a response that may be stored', 'is that of its URL: scheme, host, path and query'),
    ),
    row(
      '9111 4',
      'MUST NOT be used for a method that does not allow it.',
      'GET and HEAD',
      serving('methods', 'HEAD is answered by what is stored of GET, without its content'),
      serving('methods', '%s goes to the server, and is not stored [POST]'),
    ),
    row(
      '9111 4',
      'An answer out of the cache MUST have Age.',
      'it has',
      serving('a response that may be stored', 'comes from the store the next time, with its age'),
    ),
    row(
      '9111 4',
      'Unsafe methods MUST be written through.',
      'they go to the server first',
      serving('methods', '%s goes to the server, and is not stored [POST]'),
    ),
    row(
      '9111 4',
      'Of several that match, the most recent is used.',
      'there is one per variant: the last',
      stale('is replaced by a 200'),
    ),
    row(
      '9111 4.1',
      'All fields that Vary names MUST match.',
      'they do; white space, and where it means nothing order and case, do not matter',
      rules(
        'vary',
        'requests choose among variants (RFC 9111 4.1)',
        'by every field that Vary names, and by no other',
      ),
      serving('Vary', 'keeps variants apart, each once'),
      serving('Vary', 'that changes never makes a wrong variant be used'),
    ),
    row(
      '9111 4.1',
      'A field that is not there matches only where it is not there.',
      'so it does',
      rules(
        'vary',
        'requests choose among variants (RFC 9111 4.1)',
        'a field that is not there matches only where it is not there either',
      ),
    ),
    row(
      '9111 4.1',
      'Vary: * never matches.',
      'not stored',
      serving('Vary', 'of * is never stored (RFC 9111 4.1)'),
    ),
    row(
      '9111 4.2',
      'Fresh is whose lifetime is greater than its age.',
      'at the same second it is stale',
      rules(
        'reuse',
        'a stored response',
        'is fresh as long as its lifetime is greater than its age',
      ),
    ),
    row(
      '9111 4.2.1',
      'The lifetime is that of s-maxage, max-age, Expires less Date, in this order.',
      'as asked',
      rules(
        'freshness',
        'the freshness lifetime (RFC 9111 4.2.1)',
        'is that of s-maxage, then max-age, then Expires',
      ),
    ),
    row(
      '9111 4.2.1',
      'Duplicate directives: the first or stale; conflicting: the most restrictive.',
      'stale unless they agree',
      control('that says a lifetime twice means it if both agree, else stale'),
    ),
    row(
      '9111 4.2.2',
      'Heuristics MUST NOT be used where a lifetime is given.',
      'they are not, and are off by default',
      rules(
        'freshness',
        'the freshness lifetime (RFC 9111 4.2.1)',
        'is guessed only when it is not said, and within bounds (RFC 9111 4.2.2)',
      ),
    ),
    row(
      '9111 4.2.2',
      'Nor for statuses that do not allow them, unless public.',
      'they are not',
      rules(
        'freshness',
        'the freshness lifetime (RFC 9111 4.2.1)',
        'is guessed only for statuses that allow it, or public ones (RFC 9111 4.2.2)',
      ),
    ),
    row(
      '9111 4.2.3',
      'The age is the larger of what Date and what Age and the delay say, and the time since.',
      'as asked',
      rules('freshness', 'the age (RFC 9111 4.2.3)', 'is what Age says and the time it took'),
      rules('freshness', 'the age (RFC 9111 4.2.3)', 'is what Date says when that is more'),
      rules(
        'freshness',
        'the age (RFC 9111 4.2.3)',
        'grows with the time since it came, and does not shrink',
      ),
    ),
    row(
      '9111 4.2.4',
      'MUST NOT be used stale against no-cache, must-revalidate, proxy-revalidate, s-maxage.',
      departs(
        'it is not, but with s-maxage as long as stale-while-revalidate or stale-if-error beside it says',
      ),
      rules(
        'reuse',
        'a stale response with %s',
        'is not used without validation, whatever client and route say',
      ),
      rules(
        'reuse',
        's-maxage beside stale-while-revalidate and stale-if-error',
        'allows what the server says in particular',
      ),
    ),
    row(
      '9111 4.2.4',
      'MUST NOT be used stale unless disconnected, or somebody allows it.',
      'server, client or operator',
      stale('is not used for an error unless somebody allows it'),
      stale('stands in for a %i as long as stale-if-error says'),
    ),
    row(
      '9111 4.3.1',
      'A validating request MUST send the stored tag.',
      'and the date',
      stale('is validated by its tag and date, and updated by the 304 (RFC 9111 4.3.1, 4.3.4)'),
    ),
    row(
      '9111 4.3.2',
      'Conditions for the server MUST NOT be judged by a cache.',
      'If-Match and If-Unmodified-Since pass',
      validating('conditions of clients', "that are the server's go to it (RFC 9111 4.3.2)"),
    ),
    row(
      '9111 4.3.2',
      'If-None-Match goes before If-Modified-Since; without Last-Modified, Date counts.',
      'as asked',
      rules('precondition', 'If-None-Match', 'goes before If-Modified-Since'),
      rules(
        'precondition',
        'If-Modified-Since',
        'is compared with Date where there is no Last-Modified',
      ),
    ),
    row(
      '9111 4.3.3',
      'A full response MUST be used, and may replace the stored one.',
      'it does',
      stale('is replaced by a 200'),
    ),
    row(
      '9111 4.3.3',
      'A 5xx is forwarded, or the stale one used where that is allowed.',
      'as asked',
      stale('is not used for an error unless somebody allows it'),
    ),
    row(
      '9111 4.3.4',
      'A 304 MUST NOT update what its validator does not name.',
      'all of it is fetched',
      stale('is fetched anew when the 304 speaks of another one (RFC 9111 4.3.4)'),
    ),
    row(
      '9111 4.3.5',
      'The answer to a HEAD updates what it agrees with and makes the rest worthless.',
      'as asked',
      validating('HEAD that goes to the server (RFC 9111 4.3.5)', 'updates what is stored'),
      validating('HEAD that goes to the server (RFC 9111 4.3.5)', 'makes it worthless: %j'),
    ),
    row(
      '9111 4.4',
      'A non-error answer to an unsafe method MUST make the target worthless.',
      'all its variants; Location and Content-Location of the same origin too',
      serving(
        'methods',
        'a write that succeeds takes what is stored of its URL, of Location and Content-Location with it',
      ),
    ),
    row(
      '9111 4.4',
      'URIs of another origin MUST NOT be made worthless.',
      'they are not',
      serving(
        'methods',
        'a write that fails, or names another origin, leaves it there (RFC 9111 4.4)',
      ),
    ),
  ],
};

/** All of it, in the order of the page. */
export const cacheSubjects: readonly Subject[] = [storing, using, fields];

/** The page's beginning. */
export const cacheIntroduction = `# Caching: RFC 9111

<!-- Written by scripts/generate-conformance.ts out of scripts/cache-checklist/: change the table there. -->

What RFC 9111 (HTTP caching), RFC 5861 and RFC 9213 ask of a shared cache, in our own words, and the test that
shows it. A row without a test, or with one that does not exist, fails \`npm test\`. Beside these a random workload is
held against a model (\`proxy/cache/model.test.ts\`): whatever servers say and clients ask, nothing is sent that the
model says must not be. For operators: [CACHE.md](CACHE.md).

- **departs**: otherwise, for the reason given.
- **not applicable**: about something that Tandem does not do; the test shows that it does not.

A title with a \`%\` is that of a test which runs several times; brackets name the case that is meant.`;
