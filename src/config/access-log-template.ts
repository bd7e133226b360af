/** Templates of the access log: text with `$name` or `${name}` in it, as nginx reads it. */
import {
  requestVariables,
  sessionVariables,
  type VariableFamily,
  variableFamilies,
} from './access-log-variables.ts';
import { type Parsed, parsed, refused } from './parsed.ts';
import { didYouMean } from './suggest.ts';

/** A piece of a line: text, or a variable. */
export type LogPart =
  | { readonly text: string }
  | { readonly variable: string }
  /** `$http_user_agent` is the name `user_agent` of the family `http_`. */
  | { readonly family: VariableFamily; readonly name: string };

/** What a line is about. */
export type LogSubject = 'request' | 'session';

const families = Object.keys(variableFamilies) as VariableFamily[];

/** The parts of a template; refuses an unknown variable and what could break a line. */
export function parseTemplate(template: string, subject: LogSubject): Parsed<readonly LogPart[]> {
  const control = /\p{Cc}/u.exec(template);
  if (control !== null) return refused('a line has no line ends, tabs or other control characters');
  const parts: LogPart[] = [];
  let text = '';
  for (const piece of template.split(/(\$\{\w*\}|\$\w*)/)) {
    if (!piece.startsWith('$')) {
      text += piece;
      continue;
    }
    const name = piece.replace(/[${}]/g, '');
    const variable = logVariable(name, subject);
    if (!variable.ok) return variable;
    if (text !== '') parts.push({ text });
    text = '';
    parts.push(variable.value);
  }
  if (text !== '') parts.push({ text });
  return parts.some((part) => !('text' in part)) ? parsed(parts) : refused('it has no variable');
}

/** The variable of that name, without its `$`. */
export function logVariable(name: string, subject: LogSubject): Parsed<LogPart> {
  const known = subject === 'request' ? requestVariables : sessionVariables;
  if (Object.hasOwn(known, name)) return parsed({ variable: name });
  const family = subject === 'request' ? families.find((one) => name.startsWith(one)) : undefined;
  if (family !== undefined && name.length > family.length) {
    return parsed({ family, name: name.slice(family.length).toLowerCase() });
  }
  if (name === '') return refused('a "$" is followed by the name of a variable');
  return refused(`no variable $${name}${didYouMean(name, Object.keys(known))}`);
}
