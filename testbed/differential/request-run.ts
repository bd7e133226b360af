/**
 * Every request of the corpus through Tandem, and what it sent upstream before all judges. The same
 * bytes go straight to nginx and HAProxy, for the comparison of what is accepted.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../lab/wait-until.ts';
import type { Case, Theme } from './corpus/case.ts';
import { limits } from './limits.ts';
import { difference, type Judge, type Opinion, understood } from './opinion.ts';
import { rawExchange, statusesOf } from './raw-exchange.ts';
import type { Recorded, Recorder } from './recorder.ts';
import { refusalReason } from './refusals.ts';
import type { WireRequest } from './request-reader.ts';
import type { Other, Result, Treatment } from './result.ts';

/** A proxy that gets the corpus as it is. */
export interface Subject {
  readonly port: number;
  /** Behind it. */
  readonly recorder: Recorder;
}

/** Who takes part. */
export interface RequestScene {
  readonly tandem: Subject;
  /** Tandem with `raw_path`. */
  readonly raw: Subject;
  readonly others: Readonly<Partial<Record<Other, Subject>>>;
  readonly judges: readonly Judge[];
}

/** Runs all cases, one after the other: what a recorder gets belongs to one case. */
export async function runRequests(
  scene: RequestScene,
  themes: readonly Theme[],
): Promise<Result[]> {
  const results: Result[] = [];
  for (const { name, cases } of themes) {
    for (const one of cases) results.push(await runCase(scene, name, one));
  }
  return results;
}

async function runCase(scene: RequestScene, theme: string, one: Case): Promise<Result> {
  const subjects = Object.entries(scene.others);
  const [tandem, ...treated] = await Promise.all([
    treat(scene.tandem, one),
    ...subjects.map(([, subject]) => treat(subject, one)),
  ]);
  const others = Object.fromEntries(subjects.map(([name], index) => [name, treated[index]!]));
  const normal = await judged(scene.judges, tandem);
  const raw = await judged(scene.judges, await treat(scene.raw, one));
  return {
    theme,
    name: one.name,
    tandem,
    others,
    findings: [...normal.findings, ...raw.findings.map((finding) => `raw_path: ${finding}`)],
    refusals: normal.refusals,
  };
}

/** What is to be said about the bytes that a Tandem sent upstream. */
async function judged(
  judges: readonly Judge[],
  tandem: Treated,
): Promise<Pick<Result, 'findings' | 'refusals'>> {
  const findings: string[] = [];
  const refusals: string[] = [];
  if (tandem.hangs) findings.push(`Tandem neither answers nor closes: ${tandem.text}`);
  for (const recorded of tandem.recorded) {
    findings.push(...recorded.faults.map((fault) => `not canonical: ${fault}`));
    if (asksForUpgrade(recorded.requests.slice(0, -1))) {
      findings.push('more went over a connection on which an upgrade had been asked for');
    }
    const opinions = await ask(judges, recorded);
    for (const [judge, { refused, requests }] of opinions) {
      const at = recorded.requests[requests.length];
      // A stream that was cut off is refused at its end by some judges and in silence by others.
      if (refused === null || (at === undefined && !recorded.whole)) continue;
      const reason = at === undefined ? null : refusalReason(judge, at);
      if (reason === null) findings.push(`${judge} refuses what Tandem sent: ${refused}`);
      else refusals.push(`${judge}: ${reason}`);
    }
    findings.push(...disagreements(opinions, recorded));
  }
  return { findings, refusals };
}

interface Treated extends Treatment {
  readonly recorded: readonly Recorded[];
  readonly hangs: boolean;
}

async function treat({ port, recorder }: Subject, { bytes }: Case): Promise<Treated> {
  recorder.take();
  const answer = await rawExchange(port, bytes, 0, limits.caseTimeoutMs);
  // What it gave up in the middle it also gives up towards the origin, a moment later.
  await waitUntil('the origin at rest', () => recorder.quiet, limits.caseTimeoutMs, 2).catch(() =>
    delay(0),
  );
  const recorded = recorder.take();
  const statuses = statusesOf(answer.bytes);
  const passed = recorded.reduce((sum, { requests }) => sum + requests.length, 0);
  return {
    accepted: passed > 0 && statuses.every((status) => status < 400),
    text: `${statuses.length === 0 ? 'no answer' : counted(statuses)}, ${passed} passed on`,
    recorded,
    hangs: answer.ended === 'timeout' || !recorder.quiet,
  };
}

/** `200 x50, 400` instead of fifty times the same. */
function counted(statuses: readonly number[]): string {
  const runs: { status: number; times: number }[] = [];
  for (const status of statuses) {
    const last = runs.at(-1);
    if (last?.status === status) last.times++;
    else runs.push({ status, times: 1 });
  }
  return runs.map(({ status, times }) => (times > 1 ? `${status} x${times}` : status)).join(', ');
}

type Opinions = readonly (readonly [name: string, opinion: Opinion])[];

async function ask(judges: readonly Judge[], recorded: Recorded): Promise<Opinions> {
  const complete = mayGoOn(recorded) ? null : recorded.requests.length;
  return Promise.all(
    judges.map(async (judge) => [judge.name, await judge.judge(recorded.bytes, complete)] as const),
  );
}

/** Another request may follow on the connection; after one that asked for an upgrade none does. */
function mayGoOn({ whole, requests }: Recorded): boolean {
  return whole && !asksForUpgrade(requests);
}

function asksForUpgrade(requests: readonly WireRequest[]): boolean {
  return requests.some(({ fields }) => fields.some(([name]) => name === 'upgrade'));
}

/** Two judges of different opinion; the recorder's own reading is one more. */
function disagreements(opinions: Opinions, recorded: Recorded): string[] {
  const { bytes, requests } = recorded;
  const read = requests.map(({ method, target, fields, bodyBytes }) =>
    understood(method, target, fields, bodyBytes),
  );
  const wire = [...read, ...(mayGoOn(recorded) ? [SENTINEL_READ] : [])];
  const all: Opinions = [...opinions, ['the recorder', { requests: wire, refused: null }]];
  return all.flatMap(([left, one], index) =>
    all.slice(index + 1).flatMap(([right, other]) => {
      const text = difference(one, other);
      if (text === null) return [];
      const sent = JSON.stringify(bytes.toString('latin1').slice(0, 600));
      return [`${left} and ${right} disagree: ${text}; bytes sent: ${sent}`];
    }),
  );
}

const SENTINEL_READ = understood('GET', '/sentinel', [['host', 'sentinel.example']], 0);
