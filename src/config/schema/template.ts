/** Values with variables in them, and maps from field names to such values. */
import { z } from 'zod';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { readTemplate } from '../template.ts';
import { fieldError, spelled } from './field.ts';

const { namesMax } = settings.rewriting;
const same = (text: string): string => text;

/** Words for a value with variables. */
export const templateAllowed =
  'printable ASCII with variables of docs/REWRITING.md, such as "$remote_addr"';

/** Reads a template, and asks `judge` what is wrong with it at its place; '' for nothing. */
export function templateValue(allowed: string, judge: (text: string) => string | null = fits) {
  const read = (text: string): Parsed<string> => {
    const template = readTemplate(text);
    if (!template.ok) return template;
    const reason = judge(text);
    return reason === null ? parsed(text) : refused(reason);
  };
  return spelled(allowed, read, same);
}

function fits(text: string): string | null {
  return /^ | $/.test(text) ? 'blanks at the ends are never sent' : null;
}

/** A map of up to `namesMax` names with templates. `readName` says what is wrong with a name. */
export function templateMap(
  allowed: string,
  nameAllowed: string,
  readName: (text: string) => Parsed<string>,
) {
  return z
    .record(spelled(nameAllowed, readName, same), templateValue(templateAllowed), {
      error: fieldError(allowed),
    })
    .refine((map) => Object.keys(map).length <= namesMax, { error: `at most ${namesMax} names` });
}

/** Names without values. */
export function nameList(
  allowed: string,
  nameAllowed: string,
  readName: (text: string) => Parsed<string>,
) {
  return z
    .array(spelled(nameAllowed, readName, same), { error: fieldError(allowed) })
    .max(namesMax, { error: `at most ${namesMax} names` });
}
