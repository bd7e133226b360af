/**
 * `npm run differential -- [--all] [--write] [--theme NAME]`: the corpus of hostile requests and responses
 * through Tandem, judged by nginx, HAProxy, Node and h11. `--all` fails when one of them is not installed,
 * `--write` writes docs/DIFFERENTIAL.md, `--theme` runs one theme and shows every case of it. Status 1
 * when two judges read something differently, or Tandem departs from others without a reason.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { haproxy } from '../../scripts/bench/contenders/haproxy.ts';
import type { Theme } from './corpus/case.ts';
import { requestThemes, responseThemes } from './corpus/index.ts';
import { departureReason } from './departures.ts';
import { pythonWithH11 } from './h11-judge.ts';
import { differentialPage, type Versions } from './page.ts';
import { runRequests } from './request-run.ts';
import { runResponses } from './response-run.ts';
import { departure, type Result } from './result.ts';
import { missingJudges, type Scene, stageRequests, stageResponses } from './scene.ts';
import { missingTandem } from './tandem.ts';

const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    theme: { type: 'string' },
  },
});

async function main(): Promise<number> {
  const unbuilt = missingTandem();
  if (unbuilt !== null) return usage(unbuilt);
  const missing = missingJudges();
  for (const one of missing) console.log(`left out for want of ${one}`);
  if (missing.length > 0 && (values.all || values.write)) return 1;
  const [requests, responses] = [chosen(requestThemes), chosen(responseThemes)];
  if (requests.length + responses.length === 0) return usage(`no theme ${values.theme}`);
  const startedAt = performance.now();
  const results = (
    await Promise.all([
      staged(requests, stageRequests, runRequests),
      staged(responses, stageResponses, runResponses),
    ])
  ).flat();
  const findings = results.flatMap(report);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(`${results.length} cases in ${seconds} s, ${findings.length} findings`);
  if (values.write && values.theme === undefined) {
    const page = join(import.meta.dirname, '..', '..', 'docs', 'DIFFERENTIAL.md');
    writeFileSync(page, differentialPage(results, versions()));
  }
  return findings.length === 0 ? 0 : 1;
}

function chosen(themes: readonly Theme[]): readonly Theme[] {
  const { theme } = values;
  return theme === undefined ? themes : themes.filter(({ name }) => name === theme);
}

async function staged<T>(
  themes: readonly Theme[],
  stage: () => Promise<Scene<T>>,
  run: (scene: T, themes: readonly Theme[]) => Promise<Result[]>,
): Promise<Result[]> {
  if (themes.length === 0) return [];
  const { scene, close } = await stage();
  try {
    return await run(scene, themes);
  } finally {
    await close();
  }
}

/** Prints what is to be said about a case, and returns its findings. */
function report(result: Result): string[] {
  const findings = [...result.findings];
  const { theme, name, tandem, others } = result;
  if (departure(result) !== null && departureReason(result) === null) {
    findings.push('Tandem departs from nginx and HAProxy, and departures.ts has no reason');
  }
  if (values.theme !== undefined || findings.length > 0) {
    const told = Object.entries(others).map(([other, { text }]) => `; ${other}: ${text}`);
    console.log(`${theme}: ${name}: Tandem: ${tandem.text}${told.join('')}`);
  }
  for (const finding of findings) console.log(`  ${finding}`);
  return findings;
}

function versions(): Versions {
  const nginx = spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr;
  return {
    nginx: /nginx\/(\S+)/.exec(nginx)?.[1] ?? '',
    HAProxy: haproxy.version().replace(/^\S+ /, ''),
    Node: process.version.slice(1),
    h11: pythonWithH11()?.version ?? '',
  };
}

function usage(text: string): number {
  console.error(text);
  return 2;
}

process.exitCode = await main();
