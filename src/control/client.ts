import { http } from '../os/node-http.ts';

/** Longest wait for an answer on a control socket. */
const ANSWER_TIMEOUT_MS = 3_000;
/** Largest answer read, bytes. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * Asks for a path on a control socket, or gives an order there. Rejects with the system's error when
 * nobody listens there (ENOENT, ECONNREFUSED) or this user may not (EACCES), and with ETIMEDOUT after
 * `timeoutMs`, 3 s unless told otherwise.
 */
export function ask(
  socketPath: string,
  path: string,
  method: 'GET' | 'POST' = 'GET',
  timeoutMs: number = ANSWER_TIMEOUT_MS,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        ...{ socketPath, path, method, headers: { host: 'localhost' } },
        timeout: timeoutMs,
        // One that was kept from the question before may lead to a process that has ended since.
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes > ANSWER_BYTES_MAX) request.destroy(new Error('the answer is too large'));
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
        );
        response.on('error', reject);
      },
    );
    request.on('timeout', () =>
      request.destroy(
        Object.assign(new Error(`no answer on ${socketPath} within ${timeoutMs} ms`), {
          code: 'ETIMEDOUT',
        }),
      ),
    );
    request.on('error', reject);
    request.end();
  });
}
