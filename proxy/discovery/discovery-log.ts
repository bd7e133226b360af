/** The log lines about names: what changed and why, what does not resolve and what that means. */
import type { Logger } from '../ports.ts';
import type { Absence, LookupFault } from './answer.ts';
import { CHANGES_LOG_INTERVAL_MS, CHANGES_LOGGED_MAX, FAILURE_LOG_INTERVAL_MS } from './limits.ts';
import type { FoundAddress, NameState } from './name-state.ts';

/** What was wrong, for people. */
export const PROBLEM_TEXT: Readonly<Record<Absence | LookupFault, string>> = {
  nxdomain: 'there is no such name (NXDOMAIN)',
  nodata: 'the name has no addresses (NODATA)',
  servfail: 'the name server could not find out (SERVFAIL)',
  refused: 'the name server refuses to say (REFUSED)',
  timeout: 'no name server answers in time',
  unreachable: 'no name server is reached',
  malformed: 'the answer is of no use',
};

/** Addresses written out in one line; the rest is counted. */
const ADDRESSES_SHOWN = 8;

/** `host:port` of SRV records, else the address. */
export function foundText({ address, srv }: FoundAddress): string {
  if (srv === null) return address;
  return address.includes(':') ? `[${address}]:${srv.port}` : `${address}:${srv.port}`;
}

/** Says of one name what happens to it, and of a failure only what is new. */
export class DiscoveryLog {
  readonly #log: Logger;
  readonly #name: string;
  #problem = '';
  #nextAt = 0;
  #changes = 0;
  #countedUntil = 0;

  /** `name` as `questionText` writes it. */
  constructor(log: Logger, name: string) {
    this.#log = log;
    this.#name = name;
  }

  /** A look-up has ended at `now`. */
  note(before: NameState, after: NameState, now: number): void {
    if (after.problem !== null) this.#noteProblem(before, after, now);
    else if (this.#problem !== '') this.#noteRecovery(before);
    if (after.found !== before.found) this.#noteChange(before, after, now);
    if (after.leftOut > 0 && after.leftOut !== before.leftOut) this.#noteExcess(after);
  }

  #noteChange(before: NameState, after: NameState, now: number): void {
    const old = new Set(before.found.map(foundText));
    const fresh = new Set(after.found.map(foundText));
    const added = [...fresh].filter((one) => !old.has(one));
    const removed = [...old].filter((one) => !fresh.has(one));
    const fields = { name: this.#name, added, removed, addresses: fresh.size, ttlMs: after.ttlMs };
    if (fresh.size === 0) {
      const why = PROBLEM_TEXT[after.problem?.why ?? 'nodata'];
      const what = `${this.#name} has lost its ${counted(old.size)}: ${why}`;
      this.#log.error(fields, `${what}; its servers are taken out`);
      return;
    }
    if (this.#isTooMuch(now)) return;
    const ttl = `TTL ${Math.round((after.ttlMs ?? 0) / 1000)} s`;
    if (old.size === 0) {
      this.#log.info(fields, `${this.#name} is ${listed(added)} (${ttl})`);
      return;
    }
    const parts = [
      added.length > 0 ? `added ${listed(added)}` : '',
      removed.length > 0 ? `removed ${listed(removed)}` : '',
      added.length + removed.length === 0 ? 'weights or priorities are others' : '',
    ].filter((part) => part !== '');
    const total = fresh.size === 1 ? '1 address now' : `${fresh.size} addresses now`;
    this.#log.info(fields, `${this.#name} has changed: ${parts.join('; ')}; ${total} (${ttl})`);
  }

  /** A name may change with every look-up; the log has some of that, and a number for the rest. */
  #isTooMuch(now: number): boolean {
    if (now >= this.#countedUntil) {
      const untold = this.#changes - CHANGES_LOGGED_MAX;
      if (untold > 0) {
        const text = `${this.#name} keeps changing: ${untold} changes were not logged`;
        this.#log.info({ name: this.#name, changes: this.#changes }, text);
      }
      this.#changes = 0;
      this.#countedUntil = now + CHANGES_LOG_INTERVAL_MS;
    }
    this.#changes++;
    return this.#changes > CHANGES_LOGGED_MAX;
  }

  #noteProblem(before: NameState, after: NameState, now: number): void {
    const { problem, found, failures, resolvedAt } = after;
    const { why, detail } = problem!;
    if (why === this.#problem && now < this.#nextAt) return;
    this.#problem = why;
    this.#nextAt = now + FAILURE_LOG_INTERVAL_MS;
    const ageMs = resolvedAt === null ? null : Math.round(now - resolvedAt);
    const fields = { name: this.#name, problem: why, detail, failures, addresses: found.length };
    const what = after.status === 'resolved' ? 'resolves only in part' : 'does not resolve';
    const cause = detail === '' ? PROBLEM_TEXT[why] : `${PROBLEM_TEXT[why]}: ${detail}`;
    const text = `${this.#name} ${what}: ${cause}; ${consequence(before, after, ageMs ?? 0)}`;
    this.#log.warn({ ...fields, ageMs }, text);
  }

  #noteRecovery({ failures }: NameState): void {
    this.#problem = '';
    const times = failures === 1 ? 'a look-up' : `${failures} look-ups`;
    this.#log.info(
      { name: this.#name, failures },
      `${this.#name} resolves again after ${times} that failed`,
    );
  }

  #noteExcess({ found, leftOut }: NameState): void {
    this.#log.warn(
      { name: this.#name, addresses: found.length, leftOut },
      `${this.#name} has ${found.length + leftOut} addresses; ${leftOut} of them are not used`,
    );
  }
}

/** What a look-up with a problem means for the servers of the name. */
function consequence(before: NameState, { status, found }: NameState, ageMs: number): string {
  if (status === 'resolved') return 'what is missing stays as it was';
  if (found.length > 0) {
    const stay = found.length === 1 ? 'stays' : 'stay';
    return `its ${counted(found.length)} ${stay}, ${Math.round(ageMs / 1000)} s old`;
  }
  if (before.found.length > 0) return 'its addresses have been kept for long enough';
  return 'it has no servers until it does';
}

/** Continues "its". */
function counted(addresses: number): string {
  return addresses === 1 ? 'address' : `${addresses} addresses`;
}

function listed(texts: readonly string[]): string {
  const shown = texts.slice(0, ADDRESSES_SHOWN).join(', ');
  const more = texts.length - ADDRESSES_SHOWN;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
