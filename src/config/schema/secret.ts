/** Where a secret is: a file or a variable of the environment, never the config file itself. */
import { z } from 'zod';
import type { SecretSource } from '../agent-config.ts';

/** Words for `secretValue`. */
export const secretAllowed =
  'file: and an absolute path (file:/etc/tandem/pair.secret), or env: and the name of a variable';

// What stands there may be the secret itself, and messages end up in logs: it is not repeated.
const message = `found something else, not shown as it may be the secret; allowed: ${secretAllowed}`;

/** Reads `file:/path` and `env:NAME`. */
export const secretValue = z.codec(
  z.string({
    error: ({ input }) => (input === undefined ? `missing; needed: ${secretAllowed}` : message),
  }),
  z.custom<SecretSource>(),
  {
    decode: (text, context) => {
      const path = /^file:(\/[^\0]*)$/.exec(text)?.[1];
      if (path !== undefined) return { type: 'file', path } as const;
      const name = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(text)?.[1];
      if (name !== undefined) return { type: 'env', name } as const;
      context.issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    },
    encode: (source) => (source.type === 'file' ? `file:${source.path}` : `env:${source.name}`),
  },
);
