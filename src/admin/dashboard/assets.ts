/** The page and what it is made of, as files of this folder; nothing comes from elsewhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Reply, Routes } from '../../control/server.ts';

/** Where the page is. */
export const dashboardPath = '/dashboard';

const FOLDER = join(import.meta.dirname, 'page');

const TYPES: Readonly<Record<string, Reply['type']>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * The page may load its own files and ask this listener, and nothing else: no other host, no script or
 * style inside the page, no frame around it, no text that becomes markup.
 */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

/** A route for each file, read once. Modules are there once they are built. */
export function dashboardRoutes(folder = FOLDER): Routes {
  const files = readdirSync(folder).filter((name) => TYPES[extname(name)] !== undefined);
  return Object.fromEntries(
    files.map((name) => {
      const reply: Reply = {
        status: 200,
        type: TYPES[extname(name)]!,
        body: readFileSync(join(folder, name), 'utf8'),
        headers: pageHeaders,
      };
      const path = name === 'index.html' ? dashboardPath : `${dashboardPath}/${name}`;
      return [path, () => reply];
    }),
  );
}
