/** Looks at one answer before any is counted: a proxy that is fast because it is wrong must not win. */
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:http2';
import { request as requestSecurely } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { limits } from './limits.ts';
import { originBodies } from './origins.ts';
import type { Scenario } from './scenario.ts';

/** Sends a scenario's request once; rejects unless the answer is 200 with the origin's very body. */
export async function verify(scenario: Scenario, port: number): Promise<void> {
  const expected = originBodies[scenario.path];
  const { status, body } = await ask(scenario, port);
  if (status !== 200) throw new Error(`status ${status} for ${scenario.path}`);
  if (!body.equals(expected)) {
    throw new Error(`wrong body for ${scenario.path}: ${body.length} of ${expected.length} bytes`);
  }
}

/** Over HTTP/2, which the proxy must speak. */
async function askHttp2(
  { listener, path, headers }: Scenario,
  port: number,
): Promise<{ status: number; body: Buffer }> {
  const scheme = listener === 'h2' ? 'https' : 'http';
  const session = connect(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false });
  try {
    const stream = session.request({ ...headers, ':path': path });
    stream.setTimeout(limits.requestTimeoutS * 1000, () => stream.destroy(new Error('no answer')));
    stream.end();
    const failed = new Promise<never>((_, reject) => session.on('error', reject));
    const [answer] = await Promise.race([once(stream, 'response'), failed]);
    return { status: Number(answer[':status']), body: await buffer(stream) };
  } finally {
    session.destroy();
  }
}

function ask(scenario: Scenario, port: number): Promise<{ status: number; body: Buffer }> {
  if (scenario.listener === 'h2' || scenario.listener === 'h2c') return askHttp2(scenario, port);
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path: scenario.path,
      headers: { Connection: 'close', ...scenario.headers },
      agent: false,
      signal: AbortSignal.timeout(limits.requestTimeoutS * 1000),
      // Nobody has signed the certificate, which is not what is looked at.
      rejectUnauthorized: false,
    };
    const sent = scenario.listener === 'https' ? requestSecurely(options) : request(options);
    sent.on('error', reject);
    sent.on('response', (response) => {
      buffer(response).then((body) => resolve({ status: response.statusCode!, body }), reject);
    });
    sent.end();
  });
}
