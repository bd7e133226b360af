/** What is on disk, as the main thread knows it: by hash, the one unused for longest first. */
import { Presence } from './presence.ts';

/** One file. */
export interface DiskObject {
  readonly high: number;
  readonly low: number;
  /** In latin1. */
  readonly key: string;
  readonly tags: string;
  /** Of the file. */
  readonly bytes: number;
  readonly uselessAfter: number;
}

/** Its hash as one value. */
function idOf(high: number, low: number): string {
  return `${high}.${low}`;
}

/** Bounded by bytes, and by what the table for the workers takes. */
export class DiskIndex {
  readonly #objects = new Map<string, DiskObject>();
  readonly #presence: Presence;
  readonly #filesMax: number;
  #bytes = 0;

  constructor(presence: SharedArrayBuffer, filesMax: number) {
    this.#presence = new Presence(presence);
    this.#filesMax = filesMax;
  }

  get files(): number {
    return this.#objects.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#objects.size >= this.#filesMax;
  }

  get(high: number, low: number): DiskObject | undefined {
    return this.#objects.get(idOf(high, low));
  }

  /** False: there is no place for it. In place of one of the same hash. */
  add(object: DiskObject): boolean {
    this.remove(object.high, object.low);
    if (!this.#presence.add(object.high, object.low)) return false;
    this.#objects.set(idOf(object.high, object.low), object);
    this.#bytes += object.bytes;
    return true;
  }

  remove(high: number, low: number): DiskObject | undefined {
    const id = idOf(high, low);
    const object = this.#objects.get(id);
    if (object === undefined) return undefined;
    this.#objects.delete(id);
    this.#bytes -= object.bytes;
    this.#presence.remove(high, low);
    return object;
  }

  /** It was used: the last to go. */
  used(object: DiskObject): void {
    const id = idOf(object.high, object.low);
    if (this.#objects.delete(id)) this.#objects.set(id, object);
  }

  /** The first to go. */
  oldest(): DiskObject | undefined {
    return this.#objects.values().next().value;
  }

  all(): Iterable<DiskObject> {
    return this.#objects.values();
  }

  /** Nothing is there any more, as far as anybody knows. */
  clear(): void {
    this.#objects.clear();
    this.#presence.clear();
    this.#bytes = 0;
  }
}
