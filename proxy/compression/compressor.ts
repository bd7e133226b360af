import zlib from 'node:zlib';
import type { CodingName, CompressionConfig } from '../../src/config/compression-config.ts';
import { BROTLI_WINDOW_BITS, COMPRESSED_CHUNK_BYTES, ZSTD_WINDOW_LOG } from './limits.ts';

/** A stream that compresses. */
export type Compressor = zlib.Gzip | zlib.BrotliCompress | zlib.ZstdCompress;

const { constants } = zlib;
const chunkSize = COMPRESSED_CHUNK_BYTES;

/** Makes one; `size` is that of the content in bytes, null where nobody knows. */
type MakeCompressor = (config: CompressionConfig, size: number | null) => Compressor;

const MAKERS: Readonly<Record<CodingName, MakeCompressor>> = {
  gzip: ({ gzipLevel: level }) => zlib.createGzip({ level, chunkSize }),
  br: ({ brLevel }, size) =>
    zlib.createBrotliCompress({
      chunkSize,
      params: {
        [constants.BROTLI_PARAM_QUALITY]: brLevel,
        [constants.BROTLI_PARAM_LGWIN]: BROTLI_WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: size ?? 0,
      },
    }),
  zstd: ({ zstdLevel }) =>
    zlib.createZstdCompress({
      chunkSize,
      params: {
        [constants.ZSTD_c_compressionLevel]: zstdLevel,
        [constants.ZSTD_c_windowLog]: ZSTD_WINDOW_LOG,
      },
    }),
};

/** What makes all that was given readable by the client now. */
const FLUSHES: Readonly<Record<CodingName, number>> = {
  gzip: constants.Z_SYNC_FLUSH,
  br: constants.BROTLI_OPERATION_FLUSH,
  zstd: constants.ZSTD_e_flush,
};

/** A stream that compresses with this coding. */
export function makeCompressor(
  coding: CodingName,
  config: CompressionConfig,
  size: number | null,
): Compressor {
  return MAKERS[coding](config, size);
}

/** Has the stream give all that it was given. */
export function flushCompressor(compressor: Compressor, coding: CodingName): void {
  compressor.flush(FLUSHES[coding]);
}
