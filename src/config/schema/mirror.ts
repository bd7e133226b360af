/** `routes[].mirror`: a share of the requests is copied to another upstream. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { documented, fieldError, integer, size } from './field.ts';
import { nameValue } from './names.ts';
import { percent } from './percent.ts';

const { mirror } = settings;

const bodyAllowed = 'false, or a map of max, such as { max: 64KiB }';
const allowed = 'a map of upstream, share, body and concurrency, such as { upstream: next }';

const bodySchema = z.strictObject({
  max: size(mirror.bodyMax, {
    doc: 'A request with a longer body is not copied. Copies wait in memory until their body is complete.',
  }),
});

/** `mirror`. */
export const mirrorField = documented(
  z
    .strictObject(
      {
        upstream: documented(nameValue, {
          doc: 'Where the copies go.',
          allowed: 'a name out of upstreams, but none that the route uses',
          default: null,
        }),
        share: percent(
          mirror.share,
          'How many of the requests are copied: of 10% every tenth, in each worker.',
        ),
        body: documented(
          z
            .union([z.literal(false), bodySchema], { error: fieldError(bodyAllowed) })
            .prefault(false),
          {
            doc: 'Whether requests with a body are copied, too.',
            allowed: bodyAllowed,
            default: 'false',
            danger: 'What a copy writes is written twice, unless the upstream has data of its own.',
          },
        ),
        concurrency: integer(mirror.concurrency, {
          doc: 'Copies under way at a time, in each worker; requests beyond are not copied.',
        }),
      },
      { error: fieldError(allowed) },
    )
    .optional(),
  {
    doc:
      'Copies a share of the requests to another upstream and drops what it answers, to try a new ' +
      'release with real traffic. Clients notice nothing of it (docs/MIRRORING.md).',
    allowed,
    default: 'none',
  },
);

/** What a file says of a mirror. */
export type MirrorEntry = NonNullable<z.output<typeof mirrorField>>;
