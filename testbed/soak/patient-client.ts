import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { limits } from './limits.ts';

/** What a client that breaks off nowhere has met. */
export interface Met {
  readonly asked: number;
  /** Connections that ended without an answer, in words. */
  readonly lost: readonly string[];
}

/**
 * Asks again and again, over a connection each time, until then: for an answer of the balancer's own, which it owes
 * whatever else happens. (That of an origin which dies in the middle of it ends with a reset.)
 */
export async function patientClient(port: number, until: number): Promise<Met> {
  const lost: string[] = [];
  let asked = 0;
  while (performance.now() < until) {
    asked++;
    const reason = await answered(port);
    if (reason !== null) lost.push(reason);
    await delay(limits.patientPauseMs);
  }
  return { asked, lost };
}

/** Null: it was, to the end; else what came instead. */
function answered(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const request = http.get({ port, host: '127.0.0.1', path: '/own', agent: false });
    request.on('response', (response) => {
      response.on('error', (error) => resolve(error.message)).on('end', () => resolve(null));
      response.resume();
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
