/** Asks the running halves of this host, and gives them orders, over their control sockets. */
import { join } from 'node:path';
import { ask } from '../control/client.ts';
import { runtimeDir, SOCKETS } from '../runtime/runtime-dir.ts';

/** How the reason begins when nobody listens there. */
export const NOT_RUNNING = 'not running';

/** What one half answered, or why it did not. */
export type Half<Status> = { readonly status: Status } | { readonly absent: string };

/** What became of an order; `error` is for an operator. */
export type Ordered<Result> =
  | { readonly ok: true; readonly result: Result }
  /** `wrong`: the order itself is, as a command line can be. */
  | { readonly ok: false; readonly wrong: boolean; readonly error: string };

/** Path of a socket of this host. */
export function socketOf(env: NodeJS.ProcessEnv, half: keyof typeof SOCKETS): string {
  return join(runtimeDir(env), SOCKETS[half]);
}

/** The status of the half that listens there. Never rejects. */
export async function askHalf<Status>(socket: string): Promise<Half<Status>> {
  try {
    const answer = await ask(socket, '/status');
    if (answer.status !== 200) return { absent: `starting (${socket})` };
    return { status: JSON.parse(answer.body) };
  } catch (error) {
    return { absent: absence(socket, error as NodeJS.ErrnoException) };
  }
}

/** Gives an order to the agent. Never rejects. */
export function orderAgent<Result>(
  socket: string,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<Ordered<Result>> {
  return order('agent', socket, `${path}?${new URLSearchParams(query)}`);
}

/** Gives an order to the balancer. Never rejects. */
export function orderBalancer<Result>(
  socket: string,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<Ordered<Result>> {
  return order('balancer', socket, `${path}?${new URLSearchParams(query)}`);
}

async function order<Result>(who: string, socket: string, path: string): Promise<Ordered<Result>> {
  try {
    const { status, body } = await ask(socket, path, 'POST');
    if (status === 200) return { ok: true, result: JSON.parse(body) as Result };
    return { ok: false, wrong: status === 400, error: refusal(who, status, body) };
  } catch (error) {
    const why = absence(socket, error as NodeJS.ErrnoException);
    return { ok: false, wrong: false, error: `${who}: ${why}` };
  }
}

function refusal(who: string, status: number, body: string): string {
  if (status === 405) return `the running ${who} is too old for this: restart it (tandem version)`;
  try {
    const { error } = JSON.parse(body) as { readonly error?: string };
    if (error !== undefined) return error;
  } catch {
    // Then it is text.
  }
  return `the ${who} answered ${status}: ${body.trim()}`;
}

/** Why nobody answered, for an operator. */
export function absence(socket: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return `${NOT_RUNNING} (${socket})`;
  if (code === 'EACCES') return `this user may not ask it (${socket}); try sudo`;
  return `no answer (${socket}): ${message}`;
}
