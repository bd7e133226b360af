import type { Socket } from 'node:net';

/** Calls back for each line that arrives; a line that is too long ends the connection. */
export function readLines(socket: Socket, bytesMax: number, onLine: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '' && !socket.destroyed) onLine(line);
    if (rest.length > bytesMax) socket.destroy();
  });
}

/** The JSON object on a line; null: it is none. Its fields are the caller's to check. */
export function parseObject(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
