/**
 * Writes docs/ACCESS-LOG.md from its text (access-log-page.md) and the tables of variables and error
 * codes: `npm run docs`. A test fails when the page in the tree is not what this writes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROXY_ERRORS } from '../proxy/errors.ts';
import {
  type LogVariable,
  requestFields,
  requestVariables,
  sessionFields,
  sessionVariables,
  variableFamilies,
} from '../src/config/access-log-variables.ts';

const root = join(import.meta.dirname, '..');

/** Where the page is, from the top of the repository. */
export const accessLogReferencePath = 'docs/ACCESS-LOG.md';

/** The page. */
export function accessLogReference(): string {
  const page = readFileSync(join(import.meta.dirname, 'access-log-page.md'), 'utf8');
  const tables: Readonly<Record<string, string>> = {
    requestFields: wrapped(requestFields),
    requestVariables: [
      ...Object.entries(requestVariables).map(([name, variable]) => row(`$${name}`, variable)),
      ...Object.entries(variableFamilies).map(([name, variable]) => row(`$${name}NAME`, variable)),
    ].join('\n'),
    sessionFields: wrapped(sessionFields, '    '),
    sessionVariables: Object.entries(sessionVariables)
      .map(([name, variable]) => row(`$${name}`, variable))
      .join('\n'),
    errors: Object.entries(PROXY_ERRORS)
      .map(([code, { status, text }]) => `| \`${code}\` | ${status} | ${text} |`)
      .join('\n'),
  };
  const [title, ...rest] = page.split('\n');
  const note =
    '<!-- Written by scripts/generate-access-log-reference.ts: change scripts/access-log-page.md. -->';
  return [title, '', note, ...rest]
    .join('\n')
    .replace(/\{\{(\w+)\}\}/g, (_, table: string) => tables[table] ?? '');
}

function row(name: string, { doc, number }: LogVariable): string {
  return `| \`${name}\`${number ? ' #' : ''} | ${doc} |`;
}

/** Names in lines of a block that is indented for a list. */
function wrapped(names: readonly string[], indent = '      '): string {
  const lines = [''];
  for (const name of names) {
    const last = lines.at(-1)!;
    if (last.length + name.length > 100) lines.push(name);
    else lines[lines.length - 1] = last === '' ? name : `${last} ${name}`;
  }
  return lines.join(`\n${indent}`);
}

if (import.meta.main) writeFileSync(join(root, accessLogReferencePath), accessLogReference());
