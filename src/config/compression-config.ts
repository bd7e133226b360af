/** Compression of answers; types only. */

/** Content codings that answers can get, in the words of RFC 9110 8.4.1 and RFC 8878. */
export type CodingName = 'gzip' | 'br' | 'zstd';

export interface CompressionConfig {
  /** Which may be used; of those that a client likes equally, the first. */
  readonly codings: readonly CodingName[];
  /** Media types, lower case; a type ending in `/` and `*` stands for all of its kind. */
  readonly types: readonly string[];
  /** Shorter answers are left as they are, bytes. */
  readonly sizeMin: number;
  readonly gzipLevel: number;
  readonly brLevel: number;
  readonly zstdLevel: number;
}
