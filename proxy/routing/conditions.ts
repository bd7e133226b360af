/** What a route asks beside host, path and method: each condition becomes one function. */
import type { RouteCondition, ValueCondition } from '../../src/config/routing-config.ts';
import { networkSet } from '../access/network-map.ts';
import { ByteRange, findCookie } from '../http1/cookie.ts';
import type { RequestHead } from '../http1/head.ts';
import { isFieldNamed } from '../http1/named-field.ts';
import { findParameter } from '../http1/query-parameter.ts';
import { pathTest } from './path-match.ts';
import type { RouteQuery } from './route-table.ts';
import { byteTest } from './value-test.ts';

/** Does it hold for this request? */
export type ConditionTest = (query: RouteQuery) => boolean;

/** The test of a condition, negation included. */
export function conditionTest(condition: RouteCondition): ConditionTest {
  const test = plainTest(condition);
  return condition.negated ? (query) => !test(query) : test;
}

function plainTest(condition: RouteCondition): ConditionTest {
  switch (condition.on) {
    case 'header':
      return headerTest(condition);
    case 'cookie':
      return rangeTest(condition, findCookie);
    case 'query':
      return rangeTest(condition, findParameter);
    case 'scheme':
      return ({ client }) => client.scheme === condition.scheme;
    case 'source': {
      const networks = networkSet(condition.networks);
      return ({ client }) => networks.find(client.address) !== null;
    }
    case 'host':
      return ({ host }) => condition.hosts.some((pattern) => hostMatches(pattern, host));
    case 'path': {
      const tests = condition.paths.map(pathTest);
      return ({ path }) => tests.some((test) => test(path));
    }
    case 'method':
      return ({ method }) => condition.methods.includes(method);
  }
}

/** An exact name, or `*.` and every name below. */
export function hostMatches(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return host === pattern;
  return host.length > pattern.length - 1 && host.endsWith(pattern.slice(1));
}

/** Of several lines of one name each is looked at, as if they were the only one. */
function headerTest({ name, tests }: ValueCondition): ConditionTest {
  const wanted = Buffer.from(name.replaceAll('-', '_'), 'latin1');
  const test = byteTest(tests);
  return ({ head }) => {
    for (let index = 0; index < head.fieldCount; index++) {
      if (!isFieldNamed(head, index, wanted)) continue;
      if (test(head.bytes, head.valueStart(index), head.valueEnd(index))) return true;
    }
    return false;
  };
}

/** Of several cookies or parameters of one name the first counts. */
function rangeTest(
  { name, tests }: ValueCondition,
  find: (head: RequestHead, name: Buffer, range: ByteRange) => boolean,
): ConditionTest {
  const wanted = Buffer.from(name, 'latin1');
  const test = byteTest(tests);
  const range = new ByteRange();
  return ({ head }) => find(head, wanted, range) && test(head.bytes, range.start, range.end);
}
