/** A process cannot start for a reason its operator can mend: printed plainly, without a stack. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
