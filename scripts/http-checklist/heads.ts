/** Lines, fields and the request line. */
import { test } from '../conformance/evidence.ts';
import { departs, row, type Subject } from './row.ts';
import {
  badResponse,
  canonicalRequest,
  canonicalResponse,
  refused,
  rules,
  streaming,
  toClient,
  toServer,
} from './tests.ts';

/** Rows about the syntax of heads. */
export const heads: Subject = {
  title: 'Heads',
  rows: [
    row(
      '9112 2.2',
      'A bare CR is no line end and no part of a value.',
      'request: 400; response: 502',
      refused('a bare CR in a value'),
      refused('a bare CR as a line end'),
      refused('a bare CR in the request line'),
      badResponse('has a bare CR'),
    ),
    row(
      '9112 2.2',
      'A bare LF may be taken for a line end.',
      'it is not: 400, 502; the CR LF is asked for everywhere',
      refused('a bare LF'),
      refused('a bare LF at the end of a field'),
      badResponse('has a bare LF'),
    ),
    row(
      '9110 5.5',
      'NUL stands in no field.',
      '400; 502',
      refused('NUL in a value'),
      refused('NUL in a name'),
      refused('NUL in the target'),
      badResponse('has NUL'),
    ),
    row(
      '9112 5.2',
      'Folded lines are refused or unfolded.',
      'request: 400; response: 502',
      refused('folding'),
      badResponse('is folded'),
    ),
    row(
      '9112 5.1',
      'White space between name and colon, in a request.',
      '400',
      refused('a space before the colon'),
    ),
    row(
      '9112 5.1',
      'White space between name and colon, in a response.',
      'taken out before it goes on',
      toClient('has the space that the server put before a colon taken out'),
    ),
    row('9112 2.2', 'White space before the first field.', '400', refused('white space first')),
    row(
      '9110 5.1, 5.6.2',
      'A field name is a token.',
      '400',
      refused('a name that is no token'),
      refused('no colon'),
    ),
    row(
      '9112 2.2',
      'At least one empty line before the request line is tolerated.',
      'two; more are refused',
      streaming('a request line', 'may come after %j, as old clients sent it'),
      refused('three empty lines first'),
    ),
    row(
      '9112 3',
      'A request line is three words with one space between them.',
      '400',
      refused('two spaces'),
      refused('no version'),
    ),
    row('9112 2.3; 9110 15.6.6', 'Another major version.', '505', refused('HTTP/2.0')),
    row(
      '9110 2.5',
      'A higher minor version should be read as 1.1.',
      departs(
        '505: nobody speaks HTTP/1.2, and what says so wants to be read differently by two servers',
      ),
      refused('HTTP/1.2'),
    ),
    row('9112 2.3', 'The version is written in capitals.', '400', refused('a lower-case version')),
    row(
      '9112 2.2',
      'What is no HTTP at all, such as TLS on a plain port.',
      '400',
      refused('TLS'),
      badResponse('is no HTTP'),
    ),
    row('9112 4', 'A status has three digits.', '502', badResponse('has a status of four digits')),
    row(
      '9112 4',
      'The space after a status stands also before no reason.',
      'put in',
      toClient('has the space that the server left before a missing reason'),
    ),
    row(
      'practice',
      'Many servers take X_Real_IP for X-Real-IP, so a field with an underscore can pose as another.',
      'dropped; `underscore_headers: refuse` answers 400, `pass` lets them through',
      rules(
        'a field with an underscore in its name',
        'is dropped, as long as nothing else is said',
      ),
      rules('a field with an underscore in its name', 'is refused where the listener says so'),
      rules('a field with an underscore in its name', 'passes where the listener says so'),
      'proxy/http1/request-rules.test.ts > fields with an underscore are dropped, refused or kept; no others',
    ),
    row(
      'practice',
      'What goes to a server has one form, whatever came.',
      'CR LF, `Name: value`, one Host, one framing; a property over damaged heads',
      canonicalRequest,
      toServer('is one canonical head'),
    ),
    row(
      'practice',
      'What goes to a client has one form, whatever the server sent.',
      'the same',
      canonicalResponse,
    ),
    row(
      'practice',
      'What goes on means what came.',
      'our own parser reads it back as it was meant',
      test(
        'proxy/http1/parsers.test.ts',
        'a forwarded request head',
        'is understood by our own parser as it was meant',
      ),
    ),
    row(
      '9110 5.3',
      'Fields of one name keep their order.',
      'they do',
      toServer('keeps the order of fields of the same name'),
    ),
    row(
      '9110 5.3',
      'Set-Cookie lines are neither joined nor split.',
      'they are not',
      toClient('is the response without the fields for one hop'),
      streaming(
        'fields that are not ours to change',
        'pass as they came: no-transform, cookies, unknown ones, credentials for the server',
      ),
    ),
    row(
      '9110 7.7',
      'Content under no-transform is not changed.',
      'no content is changed at all',
      streaming(
        'fields that are not ours to change',
        'pass as they came: no-transform, cookies, unknown ones, credentials for the server',
      ),
    ),
    row(
      '9110 6.6.1',
      'A response without a date gets one.',
      'ours, of this second',
      toClient("has a date, the server's or ours"),
    ),
  ],
};
