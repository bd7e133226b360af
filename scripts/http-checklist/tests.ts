/** Names of the tests that the checklist speaks of most. */
import { test } from '../conformance/evidence.ts';

/** A request that is refused before a server hears of it; `name` is a case of the test. */
export function refused(name: string): string {
  return test('proxy/http1/refused.test.ts', 'requests that are refused', `%s: %i [${name}]`);
}

/** Another test of refused requests. */
export function refusal(title: string): string {
  return test('proxy/http1/refused.test.ts', 'requests that are refused', title);
}

/** A response that is no HTTP; `name` is a case of the test. */
export function badResponse(name: string): string {
  return servers(`send what %s: 502 [${name}]`);
}

/** What servers do wrong. */
export function servers(title: string): string {
  return test('proxy/http1/failing-servers.test.ts', 'servers that', title);
}

/** What clients do wrong. */
export function clientsThat(title: string): string {
  return test('proxy/http1/failing-clients.test.ts', 'clients that', title);
}

/** A chunked body that is malformed; `name` is a case of the test. */
export function badChunk(name: string): string {
  return test('proxy/http1/parsers.test.ts', 'a body', `in chunks is refused for %s [${name}]`);
}

/** What is forwarded to servers. */
export function toServer(title: string): string {
  return test('proxy/http1/forwarding.test.ts', 'what goes to the server', title);
}

/** What is forwarded to clients. */
export function toClient(title: string): string {
  return test('proxy/http1/forwarding.test.ts', 'what goes to the client', title);
}

/** What becomes of connections. */
export function connections(title: string): string {
  return test('proxy/http1/forwarding.test.ts', 'connections', title);
}

/** Rules of a listener: Via, upgrades, underscores, 205. */
export function rules(...titles: readonly string[]): string {
  return test('proxy/http1/message-rules.test.ts', ...titles);
}

/** What passes while it comes. */
export function streaming(...titles: readonly string[]): string {
  return test('proxy/http1/streaming.test.ts', ...titles);
}

/** Whatever came, the head that goes on has one form. */
export const canonicalRequest = test(
  'proxy/http1/parsers.test.ts',
  'a forwarded request head',
  'is canonical, whatever came',
);

/** The same of responses. */
export const canonicalResponse = test(
  'proxy/http1/parsers.test.ts',
  'a forwarded response head',
  'is canonical, and fits into the room it was said to take',
);
