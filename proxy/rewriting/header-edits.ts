import type { FieldEdits, FieldTemplate } from '../../src/config/rewriting-config.ts';
import { LineBudget } from './added-lines.ts';
import { CompiledTemplate } from './template.ts';
import { IN_FIELD } from './value-writer.ts';
import type { TemplateRequest } from './variables.ts';

/** Whoever has fields that can be edited; names are lower case but in `add`. */
export interface EditedFields {
  remove(name: string): void;
  add(name: string, value: string): void;
}

interface CompiledField {
  readonly name: string;
  readonly lower: string;
  readonly value: CompiledTemplate;
}

interface CompiledEdits {
  readonly remove: readonly string[];
  readonly set: readonly CompiledField[];
  readonly add: readonly CompiledField[];
}

/** One step of edits whose values are known. */
type Step = readonly [name: string, lower: string, value: string, remove: boolean];

/**
 * The edits of one direction, those of the listener before those of the route; in each what is removed
 * first, then what is set, then what is added.
 */
export class HeaderEdits {
  readonly #edits: readonly CompiledEdits[];
  /** The steps where no value depends on a request; null: one does. */
  readonly #constant: readonly Step[] | null;

  constructor(edits: readonly FieldEdits[], listener: string) {
    const compiled = ({ name, value }: FieldTemplate): CompiledField => ({
      name,
      lower: name.toLowerCase(),
      value: new CompiledTemplate(value, IN_FIELD, listener),
    });
    this.#edits = edits.map(({ remove, set, add }) => ({
      remove,
      set: set.map(compiled),
      add: add.map(compiled),
    }));
    const fields = this.#edits.flatMap(({ set, add }) => [...set, ...add]);
    const constant = fields.every(({ value }) => value.constant !== null);
    this.#constant = constant ? this.constantSteps() : null;
  }

  /** What to do for a request; its head is looked at now. */
  steps(request: TemplateRequest): readonly Step[] {
    return this.#constant ?? this.#stepsFor((template) => template.value(request));
  }

  /** What to do where there is no request: what depends on one is as if it came out empty. */
  constantSteps(): readonly Step[] {
    return this.#stepsFor(({ constant }) => constant);
  }

  #stepsFor(textOf: (template: CompiledTemplate) => string | null): readonly Step[] {
    const steps: Step[] = [];
    const budget = new LineBudget();
    const add = ({ name, lower, value }: CompiledField, remove: boolean) => {
      const text = textOf(value) ?? '';
      const given = text !== '' && budget.takes(name, text) ? text : '';
      if (given !== '' || remove) steps.push([name, lower, given, remove]);
    };
    for (const edits of this.#edits) {
      for (const name of edits.remove) steps.push([name, name, '', true]);
      for (const field of edits.set) add(field, true);
      for (const field of edits.add) add(field, false);
    }
    return steps;
  }
}

/** Does them. */
export function applySteps(steps: readonly Step[], fields: EditedFields): void {
  for (const [name, lower, value, remove] of steps) {
    if (remove) fields.remove(lower);
    if (value !== '') fields.add(name, value);
  }
}

export type { Step };
