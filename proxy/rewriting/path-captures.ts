import { wholePattern } from '../routing/value-test.ts';
import type { Captures, TemplateRequest } from './variables.ts';

const NONE: Captures = [];

/** Compiled once for all templates: as many as there are routes with patterns. */
const patterns = new Map<string, RegExp>();

/** What the groups of the route's path matched of a request; none where it is no regular expression. */
export function pathCaptures({ route, path }: TemplateRequest): Captures {
  if (route?.config.pathKind !== 'regex') return NONE;
  const { path: text } = route.config;
  let pattern = patterns.get(text);
  if (pattern === undefined) {
    pattern = wholePattern(text);
    patterns.set(text, pattern);
  }
  return pattern.exec(path) ?? NONE;
}
