/** A program with its arguments, run without a shell. */
import { z } from 'zod';
import { fieldError } from './field.ts';

/** What a command may look like, in words. */
export const commandAllowed =
  'a list of a program with its absolute path and its arguments, such as [/usr/local/bin/check]';

/** The list of words of a command; at most `wordsMax`. */
export function commandValue(wordsMax: number) {
  return z
    .array(z.string({ error: fieldError('a string (quote numbers and true/false)') }), {
      error: fieldError(commandAllowed),
    })
    .min(1, { error: `found an empty list; allowed: ${commandAllowed}` })
    .max(wordsMax, { error: `at most ${wordsMax} words` })
    .refine((words) => words[0] === undefined || /^\/[^\0]*$/.test(words[0]), {
      path: [0],
      error: ({ input }) =>
        `found ${JSON.stringify((input as string[])[0])}; allowed: an absolute path, ` +
        'such as /usr/local/bin/check',
    })
    .refine((words) => !words.some((word) => word.includes('\0')), {
      error: 'a NUL character cannot be in a command',
    });
}
