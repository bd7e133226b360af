/** From zod's issues to problems an operator can act on. */
import type { z } from 'zod';
import { foundMessage } from './found.ts';
import type { ConfigPath, Finding } from './problem.ts';
import { choiceAllowed, type FieldDoc, fieldDocs } from './schema/field.ts';
import { foreignName } from './schema/foreign-names.ts';
import { configSchema } from './schema/index.ts';
import { listenerSchema } from './schema/listeners.ts';
import { keysAt, schemasAt } from './schema/walk.ts';
import { didYouMean } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** Findings of one failed parse, made with `reportInput`. */
export function schemaFindings(issues: readonly Issue[]): readonly Finding[] {
  return issues.flatMap((issue) => findingsOf(issue, []));
}

function findingsOf(issue: Issue, base: ConfigPath): readonly Finding[] {
  const path = [
    ...base,
    ...issue.path.map((step) => (typeof step === 'number' ? step : String(step))),
  ];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(configSchema, path, issue.input);
    return issue.keys.map((key) => ({
      severity: 'error',
      path: [...path, key],
      part: 'key',
      message: unknownKeyMessage(key, path, known),
    }));
  }
  if (issue.code === 'invalid_union') return unionFindings(issue, path);
  if (issue.code === 'invalid_key') {
    const message = issue.issues[0]?.message ?? issue.message;
    return [{ severity: 'error', path, part: 'key', message }];
  }
  return [{ severity: 'error', path, part: 'value', message: messageOf(issue, path) }];
}

function unknownKeyMessage(key: string, path: ConfigPath, known: readonly string[]): string {
  const foreign = foreignName(key, path);
  if (foreign !== null) return `unknown key; ${foreign}`;
  // The kinds of listeners have sections of one name with different keys.
  if (known.includes(key)) return 'unknown key; it goes with another protocol';
  const list = known.length === 0 ? 'none here' : known.join(', ');
  return `unknown key${didYouMean(key, known)}; allowed: ${list}`;
}

/** Of a union the alternative that got furthest is the one that was meant. */
function unionFindings(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: ConfigPath,
): readonly Finding[] {
  const { discriminator } = issue as { discriminator?: string };
  if (discriminator !== undefined) {
    const { options = [] } = issue as { options?: readonly string[] };
    const found = (issue.input as Record<string, unknown> | undefined)?.[discriminator];
    const guess = typeof found === 'string' ? didYouMean(found, options) : '';
    const message = `${foundMessage(found, choiceAllowed(options))}${guess}`;
    return [
      { severity: 'error', path, part: 'value', message },
      ...withProtocol(issue.input).flatMap((one) => findingsOf(one, path.slice(0, -1))),
    ];
  }
  const meant = issue.errors.find((issues) => !issues.some(isOtherKind));
  if (meant !== undefined) return meant.flatMap((one) => findingsOf(one, path));
  return [{ severity: 'error', path, part: 'value', message: messageOf(issue, path) }];
}

/** What else is wrong with a listener that does not say what it speaks: as of the kind that it looks like. */
function withProtocol(input: unknown): readonly Issue[] {
  if (typeof input !== 'object' || input === null) return [];
  const protocol = 'upstream' in input && !('routes' in input) ? 'tcp' : 'http';
  const parsed = listenerSchema.safeParse({ ...input, protocol }, { reportInput: true });
  return parsed.success ? [] : parsed.error.issues;
}

/** The value is of another kind altogether than this alternative is for. */
function isOtherKind(issue: Issue): boolean {
  const kind = issue.code === 'invalid_type' || issue.code === 'invalid_union';
  return kind && issue.path.length === 0;
}

function messageOf(issue: Issue, path: ConfigPath): string {
  // Leaves word their problems themselves; what is left is what zod says of maps and unions, and
  // absent values, of which the documentation knows best what is needed.
  const own = !issue.message.startsWith('Invalid input');
  const known = own && issue.input !== undefined ? undefined : docAt(path);
  if (known !== undefined) return foundMessage(issue.input, known.allowed);
  if (own) return issue.message;
  const keys = keysAt(configSchema, path, undefined);
  return foundMessage(issue.input, keys.length === 0 ? 'a map' : `a map of ${keys.join(', ')}`);
}

function docAt(path: ConfigPath): FieldDoc | undefined {
  for (const schema of schemasAt(configSchema, path)) {
    const doc = fieldDocs.get(schema);
    if (doc !== undefined) return doc;
  }
  return undefined;
}
