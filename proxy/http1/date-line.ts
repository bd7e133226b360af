const SECOND_MS = 1000;

/** The `Date` field line (RFC 9110 6.6.1), made anew once per second. */
export class DateLine {
  #second = -1;
  #line: Buffer = Buffer.alloc(0);

  /** With CR LF. */
  line(): Buffer {
    const second = Math.floor(Date.now() / SECOND_MS);
    if (second !== this.#second) {
      this.#second = second;
      const date = new Date(second * SECOND_MS).toUTCString();
      this.#line = Buffer.from(`Date: ${date}\r\n`, 'latin1');
    }
    return this.#line;
  }
}
