/**
 * Every response of the corpus through Tandem, and what reaches the client before all judges: they
 * agree about status, length and number of responses, or the connection was visibly aborted.
 */
import {
  type Answer,
  ask,
  type ClientOpinion,
  judgeWithNode,
  judgeWithProxy,
} from './client-judges.ts';
import type { Case, Theme } from './corpus/case.ts';
import type { H11Judge } from './h11-judge.ts';
import { limits } from './limits.ts';
import { type RawAnswer, rawExchange } from './raw-exchange.ts';
import { knownRefusal } from './response-refusals.ts';
import type { Other, Result, Treatment } from './result.ts';
import { LAST_TARGET, type ScriptedOrigin } from './scripted-origin.ts';

/** A proxy before a scripted origin of its own. */
export interface ResponseSubject {
  readonly name: string;
  readonly port: number;
  readonly origin: ScriptedOrigin;
}

/** Who takes part. */
export interface ResponseScene {
  readonly tandem: ResponseSubject;
  /** nginx and HAProxy with their defaults. */
  readonly others: readonly (ResponseSubject & { readonly name: Other })[];
  /** nginx and HAProxy as judges. */
  readonly proxies: readonly ResponseSubject[];
  readonly h11: H11Judge | null;
}

/** Runs all cases, one after the other. */
export async function runResponses(
  scene: ResponseScene,
  themes: readonly Theme[],
): Promise<Result[]> {
  const results: Result[] = [];
  for (const { name, cases } of themes) {
    for (const one of cases) results.push(await runCase(scene, name, one));
  }
  return results;
}

async function runCase(scene: ResponseScene, theme: string, one: Case): Promise<Result> {
  const method = one.method ?? 'GET';
  const [answer, others] = await Promise.all([
    throughTandem(scene.tandem, one, method),
    throughOthers(scene.others, one, method),
  ]);
  const findings: string[] = [];
  const refusals: string[] = [];
  if (answer.ended === 'timeout') findings.push('Tandem neither answers nor closes');
  const text = answer.bytes.toString('latin1');
  const [first, last] = parted(text);
  const tandem = treatment(first, answer);
  if (answer.ended !== 'reset') {
    const parts = last === null ? [first] : [first, last];
    const opinions = await opinionsOf(scene, parts, [method, 'GET'].slice(0, parts.length));
    for (const [index, left] of opinions.entries()) {
      for (const right of opinions.slice(index + 1)) {
        const what = difference(left, right, parts);
        if (what === null) continue;
        findings.push(`${left[0]} and ${right[0]} disagree: ${what}; sent: ${brief(text)}`);
      }
    }
    for (const judge of [...scene.proxies.map(({ name }) => name), 'Node']) {
      const reason = knownRefusal(judge, first);
      if (reason !== null) refusals.push(`${judge}: ${reason}`);
    }
  }
  return { theme, name: one.name, tandem, others, findings, refusals };
}

/** The case's request and the last one, on one connection. */
async function throughTandem(
  { port, origin }: ResponseSubject,
  { bytes, after }: Case,
  method: string,
): Promise<RawAnswer> {
  origin.script = { bytes: Buffer.from(bytes, 'latin1'), after };
  const host = 'Host: origin.example';
  const requests =
    `${method} /case HTTP/1.1\r\n${host}\r\n\r\n` +
    `GET ${LAST_TARGET} HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`;
  const answer = await rawExchange(port, requests, null, limits.caseTimeoutMs);
  origin.hangUp();
  return answer;
}

async function throughOthers(
  others: ResponseScene['others'],
  { bytes, after }: Case,
  method: string,
): Promise<Record<string, Treatment>> {
  const entries = others.map(async ({ name, port, origin }) => {
    origin.script = { bytes: Buffer.from(bytes, 'latin1'), after };
    const answer = await ask(port, method, '/case');
    origin.hangUp();
    if (typeof answer === 'string') return [name, { accepted: false, text: 'aborted' }] as const;
    return [name, { accepted: !isOwn(answer.status), text: `${answer.status}` }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Statuses with which a proxy speaks for itself; no origin of the corpus uses them. */
function isOwn(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}

function treatment(first: string, { ended }: RawAnswer): Treatment {
  const status = Number(/(?:^|\r\n\r\n)HTTP\/1\.1 ([2-5]\d\d)/.exec(first)?.[1] ?? '0');
  if (ended === 'reset') return { accepted: false, text: `${status || 'nothing'}, then aborted` };
  return { accepted: !isOwn(status), text: `${status}` };
}

/** What came before the last answer, and from it on; null without one. */
function parted(text: string): [string, string | null] {
  const at = text.indexOf('HTTP/1.1 299 ');
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at)];
}

type Opinions = readonly (readonly [name: string, opinion: ClientOpinion])[];

/** What every judge sees; the proxies get the first answer only. */
function opinionsOf(
  { proxies, h11 }: ResponseScene,
  parts: readonly string[],
  methods: readonly string[],
): Promise<Opinions> {
  const [first, method] = [parts[0]!, methods[0]!];
  const node = judgeWithNode(parts, methods);
  const clients: Promise<Opinions[number]>[] = [node.then((opinion) => ['Node', opinion])];
  if (h11 !== null) {
    const asked = h11.judgeResponses(parts, methods);
    clients.push(asked.then(({ responses, refused }) => ['h11', { answers: responses, refused }]));
  }
  const asked = proxies
    // It would wait for more than it takes in any case.
    .filter(({ name }) => knownRefusal(name, first) === null)
    .map(({ name, port, origin }) =>
      judgeWithProxy(port, origin, first, method).then((opinion) => {
        origin.hangUp();
        return [name, opinion] as const;
      }),
    );
  return Promise.all([...clients, ...asked]);
}

/** The first thing that two judges see differently, as far as both were shown it and went on. */
function difference(
  [left, one]: Opinions[number],
  [right, other]: Opinions[number],
  parts: readonly string[],
): string | null {
  const shown = CLIENTS.has(left) && CLIENTS.has(right) ? parts.length : 1;
  for (let index = 0; index < shown; index++) {
    const [a, b] = [one, other].map(({ answers }) => spoken(answers[index]));
    if (a === b) continue;
    const gaveUp = [left, right].some(
      (name, side) => [a, b][side] === NO_MORE && knownRefusal(name, parts[0]!) !== null,
    );
    return gaveUp ? null : `answer ${index + 1}: ${a} or ${b}`;
  }
  return null;
}

const CLIENTS: ReadonlySet<string> = new Set(['Node', 'h11']);
const NO_MORE = 'none';

function spoken(answer: Answer | undefined): string {
  return answer === undefined ? NO_MORE : `${answer.status} with ${answer.bodyBytes} bytes`;
}

function brief(text: string): string {
  return JSON.stringify(text.length > 500 ? `${text.slice(0, 500)}…` : text);
}
