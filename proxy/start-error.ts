/** The balancer cannot start, for a reason that lies outside: the message is for the operator. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}
