import type { Template } from '../../src/config/template-config.ts';
import { type ValuePlace, ValueWriter } from './value-writer.ts';
import {
  familyWriter,
  type TemplateRequest,
  type VariableWriter,
  variableWriters,
} from './variables.ts';

/** What the groups of a regular expression matched: `$1` is at index 1. */
export type Captures = readonly (string | undefined)[];

const NO_CAPTURES: Captures = [];

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

  constructor(template: Template, place: ValuePlace, listener: string) {
    const writers = variableWriters(listener);
    this.#place = place;
    this.#pieces = template.map((part): Piece => {
      if ('text' in part) return part.text;
      if ('capture' in part) return part.capture;
      return 'variable' in part ? writers[part.variable] : familyWriter(part.family, part.name);
    });
    const texts = template.map((part) => ('text' in part ? part.text : null));
    this.constant = texts.includes(null) ? null : texts.join('');
  }

  /** The value for a request; null when it would be too long. */
  value(request: TemplateRequest, captures: Captures = NO_CAPTURES): string | null {
    if (this.constant !== null) return this.constant;
    writer.begin(this.#place);
    for (const piece of this.#pieces) {
      if (typeof piece === 'string') writer.literal(piece);
      else if (typeof piece === 'number') writer.text(captures[piece] ?? '');
      else piece(writer, request);
    }
    return writer.value();
  }
}
