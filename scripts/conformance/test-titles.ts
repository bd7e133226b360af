/**
 * The full titles of the tests in a file, read from its source, so that the table can be checked
 * without running the tests. A title that is filled in at run time (`each`) is given as it is written.
 *
 * The formatter indents what is inside a `describe` deeper than the `describe` itself, and CI refuses
 * sources that are formatted otherwise: the indentation alone says what belongs to what.
 */

const CALL = /^( *)(describe|it|test)(?=[.(])/;
const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const QUOTES = new Set(["'", '"', '`']);

/** Titles of `describe`s and test joined by ` > `, as vitest prints them. */
export function testTitles(source: string): string[] {
  const titles: string[] = [];
  const open: { readonly indent: number; readonly title: string }[] = [];
  let at = 0;
  for (const line of source.split('\n')) {
    const call = CALL.exec(line);
    const title = call === null ? null : titleOf(source, at + call[0].length);
    at += line.length + 1;
    if (call === null || title === null) continue;
    const indent = (call[1] ?? '').length;
    while ((open.at(-1)?.indent ?? -1) >= indent) open.pop();
    if (call[2] === 'describe') open.push({ indent, title });
    else titles.push([...open.map((one) => one.title), title].join(' > '));
  }
  return titles;
}

/**
 * The title of a call whose name ends at `from`: in `.skipIf(…).each(…)('title', …` what the first
 * parenthesis with a string at its beginning holds, chained calls with arguments of their own left out.
 */
function titleOf(source: string, from: number): string | null {
  let at = from;
  let last = '';
  while (at < source.length) {
    const name = /^\.(\w+)/.exec(source.slice(at, at + 40));
    if (name !== null) {
      last = name[1] ?? '';
      at += name[0].length;
    } else if (source[at] === '<') {
      // Types of the cases; the call follows at once.
      at = source.indexOf('>(', at) + 1;
      if (at === 0) return null;
    } else if (source[at] === '(') {
      if (!['each', 'for', 'skipIf', 'runIf'].includes(last)) return firstString(source, at + 1);
      at = end(source, at);
      last = '';
    } else {
      return null;
    }
  }
  return null;
}

/** The string that is the first argument; null when it is none. */
function firstString(source: string, from: number): string | null {
  const start = from + (/^\s*/.exec(source.slice(from))?.[0].length ?? 0);
  if (!QUOTES.has(source[start] ?? '')) return null;
  const text = source.slice(start + 1, end(source, start) - 1);
  return text.replace(/\\(.)/g, '$1');
}

/** Just after the string or the bracket that begins at `at`. */
function end(source: string, at: number): number {
  const opener = source[at] ?? '';
  let i = at + 1;
  if (QUOTES.has(opener)) {
    while (i < source.length && source[i] !== opener) i += source[i] === '\\' ? 2 : 1;
    return i + 1;
  }
  while (i < source.length && source[i] !== CLOSERS[opener]) {
    const character = source[i] ?? '';
    if (QUOTES.has(character) || character in CLOSERS) i = end(source, i);
    else if (source.startsWith('//', i)) i = source.indexOf('\n', i);
    else i += 1;
  }
  return i + 1;
}
