/** What routes hold back: requests until their body is complete, answers that a slow client is taking. */
import type { BufferBounds } from '../../src/config/buffering-config.ts';
import type { FeatureRequest, RequestFeature, RouteFeature } from '../features/feature.ts';
import type { ResponseEdit } from '../features/response-edit.ts';
import type { FailureLog } from '../frontend/failure-log.ts';
import { BodyKind } from '../http1/head.ts';
import { ResponseBuffer } from './response-buffer.ts';
import { Spool, type SpoolOwner } from './spool.ts';
import { openTemporary } from './temporary-file.ts';
import { WholeBody } from './whole-body.ts';

/** What both directions need. */
export interface BufferingParts {
  readonly listener: string;
  readonly directory: string;
  readonly failures: FailureLog;
}

/** Requests go to a server when their body is complete. */
export class RequestBuffering implements RouteFeature {
  readonly name = 'request_buffering';
  readonly #bounds: BufferBounds;
  readonly #parts: BufferingParts;

  constructor(bounds: BufferBounds, parts: BufferingParts) {
    this.#bounds = bounds;
    this.#parts = parts;
  }

  begin({ head }: FeatureRequest): RequestFeature | null {
    if (head.bodyKind === BodyKind.none || head.upgrade !== '') return null;
    let body: WholeBody | null = null;
    return {
      request: (request) => {
        body = this.#hold(request);
        return body === null ? 'answered' : 'wait';
      },
      over: () => body?.drop(),
    };
  }

  #hold(request: FeatureRequest): WholeBody | null {
    const { memoryMax, diskMax } = this.#bounds;
    const lengthMax = memoryMax + diskMax;
    if (request.head.contentLength > lengthMax) {
      request.fail('body_too_large');
      return null;
    }
    const makeSpool = spoolMaker({ memoryMax, diskMax }, this.#parts);
    const body = new WholeBody(makeSpool, lengthMax, {
      bodyWhole: (length) => {
        request.edits.contentLength = length;
        request.goOn();
      },
      bodyTooLong: () => request.fail('body_too_large'),
      bodyLost: (errno) => {
        noteTrouble(this.#parts, errno, 'requests that are too long for memory are answered 503');
        request.breakOff('buffer_failed');
      },
    });
    request.filterBody(body);
    request.wantContent();
    return body;
  }
}

/** What a slow client has not taken is held, so that its server is free. */
export class ResponseBuffering implements RouteFeature {
  readonly name = 'response_buffering';
  readonly #bounds: BufferBounds;
  readonly #parts: BufferingParts;

  constructor(bounds: BufferBounds, parts: BufferingParts) {
    this.#bounds = bounds;
    this.#parts = parts;
  }

  begin(request: FeatureRequest): RequestFeature {
    return { response: (response) => this.#hold(response, request) };
  }

  #hold(response: ResponseEdit, request: FeatureRequest): void {
    // nginx's word for it: the server knows that its answer never ends, or is to be slow.
    const wish = response.value('x-accel-buffering');
    if (wish !== null) response.remove('x-accel-buffering');
    if (response.bodiless || response.status === 101 || wish?.trim().toLowerCase() === 'no') return;
    const makeSpool = spoolMaker(this.#bounds, this.#parts);
    const trouble = (errno: string, lost: boolean) => {
      noteTrouble(this.#parts, errno, 'slow clients hold their servers as if buffering was off');
      if (lost) request.breakOff('buffer_failed');
    };
    response.filter(new ResponseBuffer(makeSpool, { trouble }));
  }
}

function spoolMaker(bounds: BufferBounds, { directory }: BufferingParts) {
  return (owner: SpoolOwner) => new Spool(bounds, () => openTemporary(directory), owner);
}

function noteTrouble({ failures, listener, directory }: BufferingParts, errno: string, so: string) {
  const sentence = `no bodies can be buffered in ${directory} (proxy.temp_directory): ${so}`;
  failures.note('buffer_failed', listener, errno, sentence);
}
