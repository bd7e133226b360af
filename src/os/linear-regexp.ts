import { setFlagsFromString } from 'node:v8';

/** Longest pattern, characters: what is compiled grows with it. */
export const PATTERN_CHARS_MAX = 256;

let switchedOn = false;

/**
 * A regular expression that takes time in proportion to the text, whatever the pattern: V8's second
 * engine, which does not backtrack, so no answer of a server can keep us busy. `.` matches line ends
 * too. Throws SyntaxError for what is no pattern, and for what that engine refuses: look-around,
 * back references, more than 16 repetitions by number.
 */
export function linearRegExp(pattern: string): RegExp {
  if (pattern.length > PATTERN_CHARS_MAX) {
    throw new SyntaxError(`longer than ${PATTERN_CHARS_MAX} characters`);
  }
  if (!switchedOn) setFlagsFromString('--enable-experimental-regexp-engine');
  switchedOn = true;
  return new RegExp(pattern, 'ls');
}

/** Why a pattern cannot be used, in words for an operator; null: it can. */
export function linearRegExpProblem(pattern: string): string | null {
  try {
    linearRegExp(pattern);
    return null;
  } catch (error) {
    const { message } = error as Error;
    if (message.endsWith('Cannot be executed in linear time')) {
      return 'no look-around, no back references, no number of repetitions over 16';
    }
    return message.replace(/^Invalid regular expression: .*: /s, '');
  }
}
