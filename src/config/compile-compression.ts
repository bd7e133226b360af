import type { CompressionConfig } from './compression-config.ts';
import type { RouteEntry } from './route-names.ts';
import type { ListenerEntry } from './schema/index.ts';
import { settings } from './settings.ts';
import { parseSize } from './units.ts';

type HttpListenerEntry = Extract<ListenerEntry, { protocol: 'http' }>;

/** For answers of a route, or of the listener to requests that have none. */
export function compileCompression(
  listener: HttpListenerEntry,
  route: RouteEntry | null,
): { readonly compression?: CompressionConfig } {
  const entry = route?.compression ?? listener.compression ?? false;
  if (entry === false) return {};
  return { compression: entry === true ? DEFAULTS : compiled(entry) };
}

type RulesEntry = Exclude<NonNullable<RouteEntry['compression']>, boolean>;

function compiled(entry: RulesEntry): CompressionConfig {
  return {
    codings: entry.codings,
    types: entry.types,
    sizeMin: entry.min_size,
    gzipLevel: entry.gzip_level,
    brLevel: entry.br_level,
    zstdLevel: entry.zstd_level,
  };
}

const { compression } = settings;
const sizeMin = parseSize(compression.sizeMin.default);

/** What `true` stands for. */
const DEFAULTS: CompressionConfig = {
  codings: compression.codings,
  types: compression.types,
  sizeMin: sizeMin.ok ? sizeMin.value : 0,
  gzipLevel: compression.gzipLevel.default,
  brLevel: compression.brLevel.default,
  zstdLevel: compression.zstdLevel.default,
};
