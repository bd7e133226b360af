/** A half behind its control socket. */
import { join } from 'node:path';
import { type Answer, ask } from '../control/client.ts';
import { SOCKETS } from '../runtime/runtime-dir.ts';
import { ANSWER_WAIT_MS, APPLY_WAIT_MS, PREPARE_WAIT_MS } from './limits.ts';
import type {
  ApplyAnswer,
  DeskReport,
  HalfName,
  Offer,
  PrepareAnswer,
  ReloadHalf,
  Unanswered,
} from './reload-half.ts';

/** Both halves of the node with this runtime directory, in the order in which they prepare. */
export function halvesOf(runtimeDir: string): readonly ReloadHalf[] {
  return [
    new SocketHalf('agent', join(runtimeDir, SOCKETS.keepalive)),
    new SocketHalf('balancer', join(runtimeDir, SOCKETS.proxy)),
  ];
}

/** Nobody listens there, or who did has ended in the middle of it. */
const ABSENT = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

/** See the file's comment. */
export class SocketHalf implements ReloadHalf {
  readonly name: HalfName;
  readonly #path: string;

  constructor(name: HalfName, path: string) {
    this.name = name;
    this.#path = path;
  }

  async prepare(token: string): Promise<PrepareAnswer> {
    const answer = await this.#post('prepare', token, PREPARE_WAIT_MS);
    if ('type' in answer) return answer;
    if (answer.status === 200) return { type: 'prepared', offer: JSON.parse(answer.body) as Offer };
    const { busy, reasons } = this.#refusal(answer);
    if (busy) return { type: 'busy', reason: reasons.join('; ') };
    return { type: 'refused', reasons };
  }

  async apply(token: string): Promise<ApplyAnswer> {
    const answer = await this.#post('apply', token, APPLY_WAIT_MS);
    if ('type' in answer) return answer;
    if (answer.status === 200) return { type: 'applied' };
    return { type: 'refused', reasons: this.#refusal(answer).reasons };
  }

  async abandon(token: string): Promise<void> {
    await this.#post('abandon', token, ANSWER_WAIT_MS);
  }

  async report(): Promise<DeskReport | Unanswered> {
    const answer = await this.#ask('/reload', 'GET', ANSWER_WAIT_MS);
    if ('type' in answer) return answer;
    if (answer.status === 200) return JSON.parse(answer.body) as DeskReport;
    return { type: 'absent', why: `it answered ${answer.status}` };
  }

  #post(step: string, token: string, waitMs: number): Promise<Answer | Unanswered> {
    return this.#ask(`/reload?${new URLSearchParams({ step, token })}`, 'POST', waitMs);
  }

  async #ask(path: string, method: 'GET' | 'POST', waitMs: number): Promise<Answer | Unanswered> {
    try {
      return await ask(this.#path, path, method, waitMs);
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      if (code === 'EACCES') return { type: 'silent', why: `this user may not ask it; try sudo` };
      if (ABSENT.has(code)) return { type: 'absent', why: `not running (${this.#path})` };
      return { type: 'silent', why: message };
    }
  }

  #refusal({ status, body }: Answer): { busy: boolean; reasons: readonly string[] } {
    if (status === 405) {
      const why = 'it is too old to reload its file: restart it (tandem version)';
      return { busy: false, reasons: [`${this.name}: ${why}`] };
    }
    try {
      const { busy = false, reasons = [] } = JSON.parse(body) as Refused;
      if (reasons.length > 0) return { busy, reasons };
    } catch {
      // Then it is text.
    }
    return { busy: false, reasons: [`${this.name} answered ${status}: ${body.trim()}`] };
  }
}

interface Refused {
  readonly busy?: boolean;
  readonly reasons?: readonly string[];
}
