import net from 'node:net';

/** Longest line taken, bytes; a snapshot of the largest config is a tenth of it. */
const LINE_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Reads the event stream of an agent line by line. Resolves when the agent ends it; rejects with the
 * system's error when nobody listens there (ENOENT, ECONNREFUSED) or this user may not (EACCES).
 */
export function readEvents(path: string, onLine: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let rest = '';
    const socket = net.connect(path);
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
      if (rest.length > LINE_BYTES_MAX) socket.destroy(new Error('a line without an end'));
    });
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
}
