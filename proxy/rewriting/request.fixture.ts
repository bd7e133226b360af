/** Requests for templates, without any connection. */
import { RequestHead } from '../http1/head.ts';
import { normalisePath } from '../http1/normalise-path.ts';
import { parseRequest } from '../http1/parse-request.ts';
import { DEFAULT_RULES } from '../http1/request-rules.ts';
import type { TemplateRequest } from './variables.ts';

const LIMITS = { requestLineMax: 16_384, headBytesMax: 32_768, headerCountMax: 64 };

/** The request whose head is in these lines; null when it is refused. */
export function parsedRequest(target: string, lines: readonly string[] = []): RequestHead | null {
  const text = [`GET ${target} HTTP/1.1`, 'Host: Shop.Example:8080', ...lines, '', ''].join('\r\n');
  const bytes = Buffer.from(text, 'latin1');
  const head = new RequestHead(LIMITS.headerCountMax);
  const end = parseRequest(head, bytes, 0, bytes.length, LIMITS, DEFAULT_RULES);
  return end === bytes.length ? head : null;
}

/** A request as templates meet it. Throws when it is refused. */
export function templateRequest(target: string, lines: readonly string[] = []): TemplateRequest {
  const head = parsedRequest(target, lines);
  const path = head && normalisePath(head.bytes.toString('latin1', head.targetStart, head.pathEnd));
  if (head === null || path === null) throw new Error('refused');
  return {
    head,
    path,
    client: {
      address: '198.51.100.7',
      port: 40_000,
      scheme: 'http',
      localAddress: '2001:db8::1',
      localPort: 8080,
      tls: {
        protocol: 'TLSv1.3',
        cipher: 'TLS_AES_128_GCM_SHA256',
        serverName: 'shop.example',
        alpn: 'http/1.1',
        resumed: true,
        peerCertificate: null,
      },
    },
    route: { config: { name: 'shop', upstream: 'web', path: '/', pathKind: 'prefix' } },
    ids: { requestId: 'id-1', traceId: 'trace-1', spanId: 'span-1' },
  };
}
