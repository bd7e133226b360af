/** Where a client program is known to give up on what is plain HTTP, without reading it otherwise. */

interface Known {
  /** Who gives up. */
  readonly judge: string;
  /** On such bytes, the first answer of a connection. */
  readonly when: RegExp;
  readonly reason: string;
}

const KNOWN: readonly Known[] = [
  {
    judge: 'nginx',
    when: /^HTTP\/1\.1 1\d\d /,
    reason: 'no interim responses from an origin before 1.29',
  },
  {
    judge: 'Node',
    // Not one line of framing in the whole head, and nothing after it.
    when: /^(?!.*\r\n(content-length|transfer-encoding):)HTTP\/1\.1 200 .*\r\n\r\n$/is,
    reason: 'closes the connection after an answer to HEAD that says no length',
  },
];

/** The reason why this judge gives up at this answer; null when none is known. */
export function knownRefusal(judge: string, answer: string): string | null {
  const known = KNOWN.find((one) => judge === one.judge && one.when.test(answer));
  return known?.reason ?? null;
}
