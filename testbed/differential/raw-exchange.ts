import net from 'node:net';

/** How a connection went. */
export interface RawAnswer {
  readonly bytes: Buffer;
  /** The peer's end, a reset or another error, or nothing within the time. */
  readonly ended: 'end' | 'reset' | 'timeout';
}

/**
 * Sends bytes to a port of the loopback and resolves with everything that comes back until the
 * connection ends, or `timeoutMs` are over. Our end follows when so many answers have come, 0: at once;
 * null: never.
 */
export function rawExchange(
  port: number,
  bytes: Buffer | string,
  endAfter: number | null,
  timeoutMs: number,
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const over = (ended: RawAnswer['ended']) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ bytes: Buffer.concat(parts), ended });
    };
    const timer = setTimeout(() => over('timeout'), timeoutMs);
    socket.on('data', (part: Buffer) => {
      parts.push(part);
      if (!endAfter || socket.writableEnded) return;
      if (statusesOf(Buffer.concat(parts)).length >= endAfter) socket.end();
    });
    socket.on('end', () => over('end'));
    socket.on('error', () => over('reset'));
    const raw = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    if (endAfter === 0) socket.end(raw);
    else if (raw.length > 0) socket.write(raw);
  });
}

/** Status codes of the final responses in a stream whose bodies have nothing that looks like one. */
export function statusesOf(bytes: Buffer): number[] {
  const found = bytes.toString('latin1').matchAll(/HTTP\/1\.[01] ([2-5]\d\d)/g);
  return [...found].map(([, status]) => Number(status));
}
