import http from 'node:http';

/** What a client that breaks off nowhere has met. */
export interface Met {
  readonly asked: number;
  /** Connections that ended without an answer, in words. */
  readonly lost: readonly string[];
}

/**
 * Asks again and again, over a connection each time, until then. Whatever its origin does, the balancer owes it
 * an answer, be it a 502.
 */
export async function patientClient(port: number, until: number): Promise<Met> {
  const lost: string[] = [];
  let asked = 0;
  while (performance.now() < until) {
    asked++;
    const reason = await answered(port);
    if (reason !== null) lost.push(reason);
  }
  return { asked, lost };
}

/** Null: it was; else what came instead. How the body ends is the origin's affair. */
function answered(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const request = http.get({ port, host: '127.0.0.1', agent: false });
    request.on('response', (response) => {
      response.on('error', () => {}).on('close', () => resolve(null));
      response.resume();
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
