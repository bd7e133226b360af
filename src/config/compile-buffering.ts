import type { BufferBounds, BufferingConfig } from './buffering-config.ts';
import type { RouteEntry } from './route-names.ts';
import type { ListenerEntry } from './schema/index.ts';
import { settings } from './settings.ts';
import { parseSize } from './units.ts';

type HttpListenerEntry = Extract<ListenerEntry, { protocol: 'http' }>;
type DirectionEntry = RouteEntry['buffering']['request'];

const { buffering } = settings;

/** For bodies of a route. */
export function compileBuffering(
  listener: HttpListenerEntry,
  route: RouteEntry,
): { readonly buffering?: BufferingConfig } {
  const request = route.buffering.request ?? listener.buffering.request;
  const response = route.buffering.response ?? listener.buffering.response;
  const compiled = {
    request: boundsOf(request, buffering.request),
    response: boundsOf(response, buffering.response),
  };
  return compiled.request === null && compiled.response === null ? {} : { buffering: compiled };
}

interface Defaults {
  readonly memory: { readonly default: string };
  readonly disk: { readonly default: string };
}

function boundsOf(entry: DirectionEntry, { memory, disk }: Defaults): BufferBounds | null {
  if (entry === undefined || entry === false) return null;
  if (entry !== true) return { memoryMax: entry.memory, diskMax: entry.disk };
  return { memoryMax: bytesOf(memory.default), diskMax: bytesOf(disk.default) };
}

function bytesOf(text: string): number {
  const size = parseSize(text);
  if (!size.ok) throw new Error(`settings.ts: ${text} is no size`);
  return size.value;
}
