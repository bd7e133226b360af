/**
 * Reports of a daemon of another version, as in the middle of an upgrade: fields that it does not tell cost
 * the cell or the lines that are made of them, and nothing else.
 */

/** A field that the report has not; thrown where it is read. */
export class NotTold extends Error {
  constructor(path: string) {
    super(
      `what runs here is of another version and does not tell ${path}: restart it (tandem version, ` +
        'tandem status)',
    );
  }
}

/** JavaScript looks for these by itself. */
const NEVER_TOLD = ['toJSON', 'then'];

/** A report whose missing fields are noticed as they are read. */
export interface Guarded<T> {
  readonly report: T;
  /** Paths of those that were missed, as in `routers.lease`. */
  readonly missing: ReadonlySet<string>;
}

/** The report, of which every read of a field that is not there ends the `told` around it. */
export function guarded<T extends object>(report: T): Guarded<T> {
  const missing = new Set<string>();
  // What is the same in the report is the same here.
  const known = new WeakMap<object, object>();
  const guard = <V extends object>(value: V, path: string): V => {
    const before = known.get(value);
    if (before !== undefined) return before as V;
    const made = new Proxy(value, {
      get(target, key) {
        const found: unknown = Reflect.get(target, key);
        if (typeof key === 'symbol' || typeof found === 'function') return found;
        if (NEVER_TOLD.includes(key)) return found;
        const isItem = Array.isArray(target);
        const at = isItem ? path : path === '' ? key : `${path}.${key}`;
        if (found === undefined && !isItem) {
          missing.add(at);
          throw new NotTold(at);
        }
        return typeof found === 'object' && found !== null ? guard(found, at) : found;
      },
    });
    known.set(value, made);
    return made;
  };
  return { report: guard(report, ''), missing };
}

/** What `tell` makes of a guarded report; `otherwise` when a field that it needs is not there. */
export function told<T>(tell: () => T, otherwise: T): T {
  try {
    return tell();
  } catch (error) {
    if (error instanceof NotTold) return otherwise;
    throw error;
  }
}

/** Cells of a row; `?` where the report does not tell. */
export function cells(...tell: readonly (() => string)[]): string[] {
  return tell.map((one) => told(one, '?'));
}

/** Lines; none where the report does not tell. */
export function lines(tell: () => readonly string[]): readonly string[] {
  return told(tell, []);
}

/** A field that newer versions have, and that may be absent in this one as well. */
export function optional<T extends object, K extends keyof T>(value: T, key: K): T[K] | undefined {
  return key in value ? value[key] : undefined;
}

/**
 * Which version runs, where that is not the one that is installed, and what it does not tell. `running`:
 * undefined: it is too old to say.
 */
export function versionLines(
  running: string | undefined,
  installed: string,
  missing: ReadonlySet<string>,
): readonly string[] {
  const fields = [...missing].filter((path) => path !== 'version').sort();
  const who = whichVersion(running, installed);
  const runs =
    running === installed
      ? []
      : [`  ${who} runs; installed is ${installed}: a restart changes to it`];
  return fields.length === 0 ? runs : [...runs, `  ${who} does not tell: ${fields.join(', ')}`];
}

function whichVersion(running: string | undefined, installed: string): string {
  if (running === undefined) return 'an older version';
  if (running === installed) return `this version, ${running},`;
  const order = running.localeCompare(installed, 'en', { numeric: true });
  return `${order < 0 ? 'an older' : 'a newer'} version, ${running},`;
}
