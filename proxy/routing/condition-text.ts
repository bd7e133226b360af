/** Conditions in the words of the config, for people. */
import type { PathMatch, RouteCondition, ValueTest } from '../../src/config/routing-config.ts';

/** As `match` has it: `header x-version: "2"`, `not source 203.0.113.0/24`. */
export function conditionText(condition: RouteCondition): string {
  return `${condition.negated ? 'not ' : ''}${condition.on} ${askedText(condition)}`;
}

function askedText(condition: RouteCondition): string {
  switch (condition.on) {
    case 'header':
    case 'cookie':
    case 'query': {
      const { name, tests } = condition;
      return tests.length === 0 ? name : `${name}: ${tests.map(testText).join(' or ')}`;
    }
    case 'scheme':
      return condition.scheme;
    case 'source':
      return condition.networks
        .map(({ address, prefixLength }) => `${address}/${prefixLength}`)
        .join(', ');
    case 'host':
      return condition.hosts.join(', ');
    case 'path':
      return condition.paths.map(pathText).join(', ');
    case 'method':
      return condition.methods.join(', ');
  }
}

/** As `match.path` has it. */
export function pathText({ kind, text }: PathMatch): string {
  return kind === 'prefix' ? text : `${kind === 'exact' ? '=' : '~'} ${text}`;
}

function testText(test: ValueTest): string {
  if (test.kind === 'regex') return `"~ ${test.pattern}"`;
  return test.kind === 'prefix' ? `"^ ${test.value}"` : `"${test.value}"`;
}
