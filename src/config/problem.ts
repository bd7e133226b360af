/** What is wrong with a config file, and where. */
import { problemsMax } from './limits.ts';

/** One mistake (error) or one thing that is allowed but hardly meant (warning). */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** 1-based; null when the problem is with the file as a whole. */
  readonly line: number | null;
  readonly column: number | null;
  /** Where in the config, as in `listeners.http.routes[0].upstream`; empty for the file. */
  readonly path: string;
  /** What was found and what is allowed. */
  readonly message: string;
}

/** Keys and list indexes from the top of the file to a value. */
export type ConfigPath = readonly (string | number)[];

/** A finding with its path, before it has a place in the file. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly path: ConfigPath;
  /** Whether the key itself is to blame, not its value. */
  readonly part: 'key' | 'value';
  readonly message: string;
}

/** `listeners.http.routes[0]`; keys that are no plain words are quoted in brackets. */
export function pathText(path: ConfigPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[A-Za-z0-9_-]{1,64}$/.test(step)) text += `[${JSON.stringify(step.slice(0, 64))}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** `file:line:column: path: message`; a warning says so before the path. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, path, severity, message } = problem;
  const place = line === null ? file : `${file}:${line}:${column}`;
  const kind = severity === 'warning' ? 'warning: ' : '';
  return `${place}: ${kind}${path === '' ? '' : `${path}: `}${message}`;
}

/** In the order of the file, repeats removed, cut at `problemsMax` with a count of the rest. */
export function orderProblems(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  const unique = problems.filter((problem) => {
    const text = formatProblem(problem);
    return seen.has(text) ? false : seen.add(text);
  });
  unique.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  const last = unique[problemsMax - 1];
  if (unique.length <= problemsMax || last === undefined) return unique;
  const cut = unique.slice(0, problemsMax);
  const more = unique.slice(problemsMax);
  // Errors decide the outcome, so cutting must not leave only warnings behind.
  const severity = more.some((problem) => problem.severity === 'error') ? 'error' : 'warning';
  return [
    ...cut,
    { ...last, line: null, column: null, path: '', severity, message: `and ${more.length} more` },
  ];
}
