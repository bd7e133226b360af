const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** The wall clock as lines show it. The texts of a second are made once. */
export class LogClock {
  readonly #wall: () => number;
  #now = 0;
  #second = Number.NaN;
  #rfc3339 = '';
  #iso8601 = '';
  #local = '';

  /** `wall` gives milliseconds since 1970. */
  constructor(wall: () => number) {
    this.#wall = wall;
  }

  /** Reads the clock: what the others say until the next call. */
  read(): void {
    this.#now = this.#wall();
    const second = Math.floor(this.#now / SECOND_MS);
    if (second === this.#second) return;
    this.#second = second;
    const date = new Date(second * SECOND_MS);
    const offset = -date.getTimezoneOffset();
    const shifted = new Date(second * SECOND_MS + offset * MINUTE_MS).toISOString();
    const [day = '', time = ''] = shifted.slice(0, 19).split('T');
    const [year, month = '', dayOfMonth] = day.split('-');
    const sign = offset < 0 ? '-' : '+';
    const hours = two(Math.trunc(Math.abs(offset) / 60));
    const minutes = two(Math.abs(offset) % 60);
    const name = MONTHS.slice(3 * (Number(month) - 1), 3 * Number(month));
    this.#rfc3339 = date.toISOString().slice(0, 20);
    this.#iso8601 = `${day}T${time}${sign}${hours}:${minutes}`;
    this.#local = `${dayOfMonth}/${name}/${year}:${time} ${sign}${hours}${minutes}`;
  }

  /** Milliseconds since 1970. */
  get now(): number {
    return this.#now;
  }

  /** `2026-11-21T13:00:00.123Z` */
  get rfc3339(): string {
    const milliseconds = Math.trunc(this.#now - this.#second * SECOND_MS);
    return `${this.#rfc3339}${String(milliseconds).padStart(3, '0')}Z`;
  }

  /** `2026-11-21T13:00:00+00:00`, local time. */
  get iso8601(): string {
    return this.#iso8601;
  }

  /** `21/Nov/2026:13:00:00 +0000`, local time. */
  get commonLog(): string {
    return this.#local;
  }
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
