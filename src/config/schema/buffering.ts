/** `buffering` of a listener or a route: bodies that are held back on their way. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { documented, fieldError, size } from './field.ts';

const { buffering } = settings;

/** One direction: on, off, or how much. */
function direction(bounds: typeof buffering.request | typeof buffering.response, doc: string) {
  const rules = z.strictObject({
    memory: size(bounds.memory, { doc: 'So much of one body is held in memory.' }),
    disk: size(bounds.disk, {
      doc: 'So much beyond that in a file without a name in proxy.temp_directory; 0: none.',
    }),
  });
  const allowed = 'true, false, or a map such as { memory: 64KiB, disk: 1GiB }';
  return documented(z.union([z.boolean(), rules], { error: fieldError(allowed) }).optional(), {
    doc,
    allowed,
    default: 'false; on a route what the listener says',
  });
}

const rules = z.strictObject({
  request: direction(
    buffering.request,
    'A request goes to a server when its body is complete, so that a slow client holds none; a body ' +
      'longer than memory and disk together is answered 413.',
  ),
  response: direction(
    buffering.response,
    'What a slow client has not taken yet is held, so that the server is free early. Who keeps up is ' +
      'not made to wait, and answers with `X-Accel-Buffering: no` are left alone.',
  ),
});

/** To be spread into the schemas of listeners and routes. */
export const bufferingFields = {
  buffering: documented(rules.prefault({}), {
    doc: 'Bodies that are held back on their way (docs/BUFFERING.md). Without it they are streamed.',
    allowed: 'a map of request and response',
    default: '{}',
  }),
};
