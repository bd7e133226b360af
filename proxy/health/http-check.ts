import type { HttpProbe } from '../../src/config/health-config.ts';
import { serverAddress } from '../upstream/identity.ts';
import { bodyMatches, readBody } from './check-body.ts';
import { type CheckOutcome, type CheckTarget, type Finish, PASSED, probe } from './probe.ts';
import { type HeadReading, readResponseHead } from './response-head.ts';

export type HttpCheckConfig = Omit<HttpProbe, 'kind'> & { readonly timeoutMs: number };

/**
 * One request on a connection of its own. Passes when a well-formed response head with an accepted
 * status, and the beginning of the body if it matters, are there within the timeout. Never rejects.
 */
export function httpCheck(
  target: CheckTarget,
  config: HttpCheckConfig,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const address = serverAddress(target);
  const { timeoutMs, tls } = config;
  const serverName =
    tls === null
      ? null
      : (tls.serverName ?? (tls.asTraffic !== undefined ? null : hostName(config.host)));
  const secured = tls === null ? null : { ...tls, serverName };
  return probe(target, { timeoutMs, tls: secured }, signal, (socket, finish) => {
    let text = '';
    const judge = (ended: boolean) => {
      const reading = readResponseHead(text);
      if (reading.kind === 'malformed') {
        finish({ kind: 'failed', error: `${reading.error} from ${address}` });
      } else if (reading.kind === 'status') {
        judgeResponse(reading, text, config, { address, ended, finish });
      } else if (ended) {
        finish({ kind: 'failed', error: `${address} closed before a full response head` });
      }
    };
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
      judge(false);
    });
    socket.on('end', () => judge(true));
    socket.write(checkRequest(target, config));
  });
}

/** Where an answer came from, whether more can come, and whom to tell. */
interface Hearing {
  readonly address: string;
  readonly ended: boolean;
  readonly finish: Finish;
}

function judgeResponse(
  { status, start, end }: Extract<HeadReading, { kind: 'status' }>,
  text: string,
  { statuses, body }: HttpCheckConfig,
  { address, ended, finish }: Hearing,
): void {
  if (!statuses.some(([from, to]) => status >= from && status <= to)) {
    const wanted = statuses.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
    const error = `status ${status} from ${address}, not ${wanted.join(' or ')}`;
    finish({ kind: 'failed', error });
    return;
  }
  if (body === null) {
    finish(PASSED);
    return;
  }
  const reading = readBody(text.slice(start, end), text.slice(end), ended);
  if (reading.kind === 'incomplete') return;
  if (reading.kind === 'malformed') {
    finish({ kind: 'failed', error: `${address}: ${reading.error}` });
  } else if (bodyMatches(body, reading.text)) {
    finish(PASSED);
  } else {
    const lacks =
      body.kind === 'contains'
        ? `does not contain ${JSON.stringify(body.text)}`
        : `does not match /${body.pattern}/`;
    finish({ kind: 'failed', error: `the body from ${address} ${lacks}` });
  }
}

function checkRequest(target: CheckTarget, config: HttpCheckConfig): string {
  // RFC 9110 section 7.2: Host without the port where it is the scheme's default.
  const usual = config.tls === null ? /:80$/ : /:443$/;
  const named = { host: target.name ?? target.host, port: target.port };
  const host = config.host ?? serverAddress(named).replace(usual, '');
  const own = ['User-Agent: tandem-health-check', 'Accept: */*'].filter((line) => {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    return !config.headers.some(([given]) => given.toLowerCase() === name);
  });
  const lines = [
    `${config.method} ${config.path} HTTP/1.1`,
    `Host: ${host}`,
    ...own,
    ...config.headers.map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** The name in a Host field; null for an address, or without a field. */
function hostName(host: string | null): string | null {
  if (host === null || host.startsWith('[')) return null;
  const name = host.replace(/:[0-9]+$/, '');
  return /^[0-9.]+$/.test(name) ? null : name;
}
