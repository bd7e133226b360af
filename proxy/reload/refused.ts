/** A reload is refused as a whole: nothing has changed, and nothing is left behind. */
export class ReloadRefused extends Error {
  override readonly name = 'ReloadRefused';
  /** All of them, a sentence each, for the operator. */
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[]) {
    super(reasons.join('; '));
    this.reasons = reasons;
  }
}
