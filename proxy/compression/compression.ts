import type { CodingName, CompressionConfig } from '../../src/config/compression-config.ts';
import type { FeatureRequest, RequestFeature, RouteFeature } from '../features/feature.ts';
import type { ResponseEdit } from '../features/response-edit.ts';
import { chooseCoding } from './accept-encoding.ts';
import { isCompressible, variesByEncoding, weakened } from './compressible.ts';
import { CompressingFilter, type FilterOwner } from './compressing-filter.ts';
import { COMPRESSIONS_MAX } from './limits.ts';

const EVENT_STREAM = /^\s*text\/event-stream\s*(;|$)/i;
/** Fields that are about the bytes of the content as they were. */
const ABOUT_BYTES = ['content-md5', 'content-digest', 'digest', 'accept-ranges'];

/** How many compressors a worker has open. */
export class CompressorCount {
  #open = 0;

  get open(): number {
    return this.#open;
  }

  get full(): boolean {
    return this.#open >= COMPRESSIONS_MAX;
  }

  opened(): void {
    this.#open++;
  }

  closed(): void {
    this.#open--;
  }
}

/** Compresses the answers of a route for clients that can read that. */
export class Compression implements RouteFeature {
  readonly name = 'compression';
  readonly #config: CompressionConfig;
  readonly #count: CompressorCount;

  constructor(config: CompressionConfig, count: CompressorCount) {
    this.#config = config;
    this.#count = count;
  }

  begin({ head }: FeatureRequest): RequestFeature {
    const accepted = head.valuesNamed('accept-encoding').join(', ');
    const coding = accepted === '' ? null : chooseCoding(accepted, this.#config.codings);
    let request: FeatureRequest | null = null;
    return {
      request: (asked) => {
        request = asked;
        return 'on';
      },
      response: (response) => this.#dress(response, coding, request!),
    };
  }

  #dress(response: ResponseEdit, coding: CodingName | null, request: FeatureRequest): void {
    if (!isCompressible(response, this.#config)) return;
    const vary = variesByEncoding(response.value('vary'));
    if (vary !== null) response.set('Vary', vary);
    if (coding === null || this.#count.full) return;
    const tag = response.value('etag');
    if (tag !== null) response.set('ETag', weakened(tag));
    for (const name of ABOUT_BYTES) response.remove(name);
    response.set('Content-Encoding', coding);
    const { length, bodiless } = response;
    response.lengthChanged(null);
    if (bodiless) return;
    this.#count.opened();
    const owner: FilterOwner = {
      compressorClosed: () => this.#count.closed(),
      compressorFailed: () => request.breakOff('no_resources'),
    };
    const events = EVENT_STREAM.test(response.value('content-type') ?? '');
    const flushing = events ? 'each' : length === null ? 'idle' : 'never';
    response.filter(new CompressingFilter(coding, this.#config, length, flushing, owner));
  }
}
