import type { Template } from '../../src/config/template-config.ts';
import { pathCaptures } from './path-captures.ts';
import { type ValuePlace, ValueWriter } from './value-writer.ts';
import {
  type Captures,
  familyWriter,
  type TemplateRequest,
  type VariableWriter,
  variableWriters,
} from './variables.ts';

/** One for all templates of a thread: a value is taken before the next is begun. */
const writer = new ValueWriter();

type Piece = string | number | VariableWriter;

/**
 * A template, compiled once. What it becomes is fit for its place whatever a client sent: bytes that
 * may not stand there are percent-encoded. Only what the operator wrote goes as it is.
 */
export class CompiledTemplate {
  readonly #pieces: readonly Piece[];
  readonly #place: ValuePlace;
  /** The value where nothing in it depends on the request; null where something does. */
  readonly constant: string | null;
  readonly #captures: boolean;

  constructor(template: Template, place: ValuePlace, listener: string) {
    const writers = variableWriters(listener);
    this.#place = place;
    this.#pieces = template.map((part): Piece => {
      if ('text' in part) return part.text;
      if ('capture' in part) return part.capture;
      return 'variable' in part ? writers[part.variable] : familyWriter(part.family, part.name);
    });
    this.#captures = this.#pieces.some((piece) => typeof piece === 'number');
    const texts = template.map((part) => ('text' in part ? part.text : null));
    this.constant = texts.includes(null) ? null : texts.join('');
  }

  /**
   * The value for a request; null when it would be too long. Without `matched` the groups are those of
   * the path of the route.
   */
  value(request: TemplateRequest, matched: Captures | null = null): string | null {
    if (this.constant !== null) return this.constant;
    const captures = matched ?? (this.#captures ? pathCaptures(request) : []);
    writer.begin(this.#place);
    for (const piece of this.#pieces) {
      if (typeof piece === 'string') writer.literal(piece);
      else if (typeof piece === 'number') writer.text(captures[piece] ?? '');
      else piece(writer, request);
    }
    return writer.value();
  }
}
