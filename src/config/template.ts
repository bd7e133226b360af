/** Templates: text with `$name`, `${name}`, `$1` or `$$` in it. */
import { type VariableFamily, variableFamilies } from './access-log-variables.ts';
import { type Parsed, parsed, refused } from './parsed.ts';
import { settings } from './settings.ts';
import { didYouMean } from './suggest.ts';
import type { Template, TemplatePart } from './template-config.ts';
import { type TemplateVariable, templateVariables } from './template-variables.ts';

const families = Object.keys(variableFamilies) as VariableFamily[];
const names = Object.keys(templateVariables);
/** A piece is `$$`, a variable, or what lies between those. */
const PIECES = /(\$\$|\$\{\w*\}|\$[A-Za-z_]\w*|\$[0-9]|\$)/;

/**
 * Reads a template; refuses an unknown variable, and what could not stand in a field or an address:
 * anything but printable ASCII.
 */
export function readTemplate(text: string): Parsed<Template> {
  if (text.length > settings.rewriting.templateMax) {
    return refused(`at most ${settings.rewriting.templateMax} characters`);
  }
  if (/[^ -~]/.test(text)) return refused('only printable ASCII: escape what else it needs');
  const parts: TemplatePart[] = [];
  let plain = '';
  for (const piece of text.split(PIECES)) {
    if (!piece.startsWith('$') || piece === '$$') {
      plain += piece === '$$' ? '$' : piece;
      continue;
    }
    const part = variablePart(piece.replace(/[${}]/g, ''));
    if (!part.ok) return part;
    if (plain !== '') parts.push({ text: plain });
    plain = '';
    parts.push(part.value);
  }
  if (plain !== '') parts.push({ text: plain });
  return parsed(parts);
}

function variablePart(name: string): Parsed<TemplatePart> {
  if (/^[1-9]$/.test(name)) return parsed({ capture: Number(name) });
  if (name === '0') return refused('groups are counted from $1');
  if (isVariable(name)) return parsed({ variable: name });
  const family = families.find((one) => name.startsWith(one) && name.length > one.length);
  if (family !== undefined) {
    return parsed({ family, name: name.slice(family.length).toLowerCase() });
  }
  if (name === '')
    return refused('a "$" is followed by the name of a variable; write $$ for a "$"');
  return refused(`no variable $${name}${didYouMean(name, names)}`);
}

function isVariable(name: string): name is TemplateVariable {
  return Object.hasOwn(templateVariables, name);
}

/** A template that the schema has accepted. */
export function templateOf(text: string): Template {
  const template = readTemplate(text);
  if (!template.ok) throw new Error(template.reason);
  return template.value;
}

/** The highest group of a regular expression that a template uses; 0: none. */
export function highestCapture(template: Template): number {
  return Math.max(0, ...template.map((part) => ('capture' in part ? part.capture : 0)));
}
