/** An absolute path of a file. */
import { type Parsed, parsed, refused } from '../parsed.ts';
import { spelled } from './field.ts';

/** Words for a path, with an example. */
export function pathAllowed(example: string): string {
  return `an absolute path, such as ${example}`;
}

/** Reads one. Nobody looks whether there is such a file: `check` may run elsewhere. */
export function pathValue(example: string) {
  return spelled(pathAllowed(example), parsePath, (text) => text);
}

function parsePath(text: string): Parsed<string> {
  return /^\/[^\0]+$/.test(text) ? parsed(text) : refused('');
}
