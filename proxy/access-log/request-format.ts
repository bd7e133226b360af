import type { AccessLogConfig, LogPart } from '../../src/config/access-log-config.ts';
import {
  type ArrivedRequest,
  familyWriter,
  type HeadWriter,
  headVariables,
} from './arrived-request.ts';
import { CAPTURED_BYTES_MAX, LINE_BYTES_MAX } from './limits.ts';
import { LineWriter } from './line-writer.ts';
import type { LogClock } from './log-clock.ts';
import { Redaction } from './redaction.ts';
import { type RequestWriter, requestLine } from './request-line.ts';
import type { TrackedRequest } from './tracked-request.ts';

/** A piece of the line: one of the three. One shape for all, which is quicker to go through. */
interface Piece {
  readonly text: Buffer | null;
  /** A value written now. */
  readonly write: RequestWriter | null;
  /** A value captured before. */
  readonly captured: number;
}

function piece(part: Partial<Piece>): Piece {
  return { text: part.text ?? null, write: part.write ?? null, captured: part.captured ?? 0 };
}

/**
 * Lines of one access log, compiled once. A head is gone when its request is over, so what the line
 * needs of it is captured, ready to be copied, when the request has found its route.
 */
export class RequestFormat {
  readonly #redaction: Redaction;
  readonly #captures: readonly HeadWriter[];
  readonly #pieces: readonly Piece[];
  readonly #capture: LineWriter;
  readonly #line: LineWriter;
  readonly #clock: LogClock;

  constructor(config: AccessLogConfig, clock: LogClock) {
    this.#redaction = new Redaction(config.redact, config.truncateAddresses);
    this.#clock = clock;
    const captures: HeadWriter[] = [];
    this.#pieces = config.parts.map((part): Piece => {
      if ('text' in part) return piece({ text: Buffer.from(part.text) });
      const capture = this.#headWriter(part);
      if (capture !== null) return piece({ captured: captures.push(capture) - 1 });
      if (!('variable' in part) || !isLineVariable(part.variable)) {
        throw new RangeError(`no variable ${JSON.stringify(part)}`);
      }
      return piece({ write: requestLine[part.variable] });
    });
    this.#captures = captures;
    this.#capture = new LineWriter(config.style, CAPTURED_BYTES_MAX);
    this.#line = new LineWriter(config.style, LINE_BYTES_MAX);
  }

  /** How many values are captured of each head. */
  get captures(): number {
    return this.#captures.length;
  }

  /** Writes down what the line will need of the head. `ends` gets where each value ends. */
  capture(request: ArrivedRequest, ends: Int32Array): LineWriter {
    const out = this.#capture;
    out.clear();
    for (let index = 0; index < this.#captures.length; index++) {
      this.#captures[index]!(out, request, this.#redaction);
      ends[index] = out.length;
    }
    return out;
  }

  /** The whole line with its end; null when it would be too long. Valid until the next call. */
  line(request: TrackedRequest): LineWriter | null {
    const out = this.#line;
    out.clear();
    this.#clock.read();
    for (const { text, write, captured } of this.#pieces) {
      if (text !== null) out.raw(text, 0, text.length);
      else if (write !== null) write(out, request, this.#clock);
      else request.copyCaptured(out, captured);
    }
    out.raw(LINE_END, 0, 1);
    return out.overflowed ? null : out;
  }

  #headWriter(part: LogPart): HeadWriter | null {
    if ('text' in part) return null;
    if ('family' in part) return familyWriter(part.family, part.name, this.#redaction);
    return isHeadVariable(part.variable) ? headVariables[part.variable] : null;
  }
}

const LINE_END = Buffer.from('\n');

function isHeadVariable(name: string): name is keyof typeof headVariables {
  return Object.hasOwn(headVariables, name);
}

function isLineVariable(name: string): name is keyof typeof requestLine {
  return Object.hasOwn(requestLine, name);
}
