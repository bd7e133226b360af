import type { PathMatch } from '../../src/config/routing-config.ts';
import { wholePattern } from './value-test.ts';

/** Does a normalised path match? */
export type PathTest = (path: string) => boolean;

/** The test of one path condition. */
export function pathTest({ kind, text }: PathMatch): PathTest {
  switch (kind) {
    case 'exact':
      return (path) => path === text;
    case 'prefix':
      if (text === '/') return () => true;
      return (path) => hasPrefix(path, text);
    case 'regex': {
      const pattern = wholePattern(text);
      return (path) => pattern.test(path);
    }
  }
}

/** Whole segments: `/api` matches `/api` and `/api/x`, not `/apix`; `/api/` does not match `/api`. */
function hasPrefix(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return prefix.endsWith('/') || path.length === prefix.length || path[prefix.length] === '/';
}
