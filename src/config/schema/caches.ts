/** `caches`: where responses are kept; `listeners.X.routes[].cache` says which. */
import { z } from 'zod';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { documented, fieldError, size, spelled } from './field.ts';
import { nameAllowed, namedMap } from './names.ts';

const { cache } = settings;

const folderAllowed = 'an absolute path of a folder, such as /var/cache/tandem/pages';

function parseFolder(text: string): Parsed<string> {
  if (!text.startsWith('/')) return refused('');
  const folder = text.replace(/(?<=.)\/+$/, '');
  if (folder === '/') return refused('a folder of its own is needed');
  return folder.includes('\0') ? refused('') : parsed(folder);
}

const diskAllowed = 'a map such as { path: /var/cache/tandem/pages, size: 10GiB }';

const cacheSchema = z.strictObject({
  memory: size(cache.memory, {
    doc:
      'Memory for keys, heads and content, which all workers share. When it is full, what was asked ' +
      'for least goes first (docs/CACHE-STORE.md).',
    danger: 'It belongs to the balancer for as long as it runs: leave room for the rest.',
  }),
  disk: documented(
    z
      .strictObject(
        {
          path: documented(
            spelled(folderAllowed, parseFolder, (text) => text),
            {
              doc:
                'A folder that is for this cache alone and that the user of the balancer owns; it is ' +
                'made when it is missing. The unit has /var/cache/tandem for that.',
              allowed: folderAllowed,
              default: null,
              danger: 'Whoever may read the folder may read what is stored.',
            },
          ),
          size: size(cache.disk, { doc: 'How much it may fill.' }),
        },
        { error: fieldError(diskAllowed) },
      )
      .optional(),
    {
      doc: 'Where responses are kept for which memory has no room, also over a restart.',
      allowed: diskAllowed,
      default: 'none: memory only',
    },
  ),
  object_max: size(cache.objectMax, {
    doc: 'A response with more content is passed on and not stored.',
  }),
});

/** `caches`. */
export const cachesSchema = documented(namedMap(cacheSchema, 'caches', cache.countMax).optional(), {
  doc:
    'Stores of responses, by name. A route keeps responses in one with `cache: NAME`; several ' +
    'routes may share one.',
  allowed: `a map of 1 to ${cache.countMax} caches; each key is ${nameAllowed}`,
  default: 'none',
});
